"""A pool may not have as many nodes as its replicas need.

## What it checks

The pods that run on a NodePool and nowhere else, at their usual number of replicas, request no more of a resource than
`spec.limits` of the NodePool allows. (A limit that not even the first pod fits under is `scheduling/pod-above-limit`.)

## Why it matters

Karpenter makes no node beyond the limits. The replicas that are left over stay Pending for ever, and the NIMService is
never ready.

## Example

```yaml
kind: NodePool
spec:
  limits:
    nvidia.com/gpu: "2"   # while a NIMService with one GPU has four replicas
```

## Use instead

```yaml
limits:
  nvidia.com/gpu: "4"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling import at
from nimfleet.rules.scheduling.limits import shortages


@rule(
    "scheduling/limit-below-replicas",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Karpenter 1.14, sigs.k8s.io/karpenter pkg/apis/v1/nodepool.go, Limits.ExceededBy",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Limits below what is always there."""
    for shortage in cluster.once(shortages):
        if not shortage.usual:
            continue
        users = f" ({', '.join(shortage.users)})" if shortage.users else ""
        message = (
            f"the pods of NodePool `{shortage.pool.id.name}`{users} need nodes with {shortage.wanted} "
            f"{shortage.resource}, and its limit is {shortage.allowed}: raise the limit to {shortage.wanted}, "
            "or run fewer replicas"
        )
        yield at(shortage.pool, message, ("spec", "limits", shortage.resource))
