"""A pod runs only if the cluster adds a toleration for it.

## What it checks

Every pod that can run on a NodePool tolerates its taints itself. A taint that is named for a device, such as
`nvidia.com/gpu`, is tolerated by the pods that request that device only where the API server's admission plugin
ExtendedResourceToleration is on: it is on EKS, and it is off in Kubernetes by default.

## Why it matters

What is written does not say where the pod runs. The same manifests leave the pod Pending on another cluster, and the
other pods of the model, such as the job of a NIMCache, which requests no GPU, get no such help.

## Example

```yaml
kind: NIMService
spec:
  resources:
    limits:
      nvidia.com/gpu: 1
  nodeSelector:
    karpenter.sh/nodepool: g5   # with the taint nvidia.com/gpu:NoSchedule
```

## Use instead

```yaml
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


@rule(
    "scheduling/toleration-by-admission",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: admission plugin ExtendedResourceToleration, off by default; on EKS since 1.19",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Tolerations that nobody has written, of pods that say where they run."""
    for placement in cluster.once(schedule).placements:
        pods = placement.pods
        if placement.chosen is None or not placement.by_admission or not selects(pods):
            continue
        key = placement.by_admission[0]
        message = (
            f"NodePool `{placement.chosen[0].pool}` has the taint `{key}`, and {called(pods)} tolerates it only "
            "because the "
            f"cluster's admission adds the toleration: write `key: {key}`, `operator: Exists` under `tolerations`"
        )
        part = next((part for part in ("tolerations", "nodeSelector", "affinity") if part in pods.pointers), "")
        yield hit(pods.owner, message, pods.pointer(part))
