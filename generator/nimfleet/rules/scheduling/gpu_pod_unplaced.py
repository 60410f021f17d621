"""A GPU pod says neither which nodes it wants nor which it tolerates.

## What it checks

A pod that requests a GPU, while every GPU pool that could hold it is tainted, has a toleration, or selects nodes with
a node selector or node affinity.

## Why it matters

On EKS the API server adds the toleration for `nvidia.com/gpu`, and the pod goes wherever a GPU is cheapest: an H100 if
that is the only one free, or 16 GB where the model needs 80. On clusters without that admission plugin it stays
Pending.

## Example

```yaml
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: app
          resources:
            limits:
              nvidia.com/gpu: 1
```

## Use instead

```yaml
spec:
  nodeSelector:
    karpenter.sh/nodepool: g5
  tolerations:
    - key: nvidia.com/gpu
      operator: Exists
      effect: NoSchedule
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import called, selects
from nimfleet.suggest import listing


@rule(
    "scheduling/gpu-pod-unplaced",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "Kubernetes: admission plugin ExtendedResourceToleration (on EKS since 1.19); Karpenter: the cheapest instance "
        "type of the NodePool with the highest weight"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Neither toleration nor selector, and yet a pool by admission."""
    for placement in cluster.once(schedule).placements:
        pods = placement.pods
        if placement.chosen is None or not placement.by_admission or selects(pods):
            continue
        pools = sorted(verdict.pool for verdict in placement.verdicts if verdict.offers)
        key = placement.by_admission[0]
        message = (
            f"{called(pods)} has neither a toleration for `{key}` nor a node selector: it runs only if the cluster's "
            "admission adds the "
            f"toleration, and then on any of {listing(f'`{pool}`' for pool in pools)}; add the toleration, and "
            f"`nodeSelector: {{karpenter.sh/nodepool: {placement.chosen[0].pool}}}`"
        )
        yield hit(pods.owner, message, pods.pointer("resources"))
