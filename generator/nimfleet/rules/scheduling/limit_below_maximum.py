"""A pool may not have as many nodes as autoscaling may ask for.

## What it checks

The nodes for all pods that run on a NodePool and nowhere else, at the most replicas that their autoscalers may ask
for, are within `spec.limits` of the NodePool (or `maxNodes` of a declared node group). Nodes count whole: a pod with one
GPU on a node with four takes four.

## Why it matters

Karpenter makes no node beyond the limits. Just when the load is highest, the new replicas stay Pending, and the
autoscaler seems not to work.

## Example

```yaml
kind: NodePool
spec:
  limits:
    nvidia.com/gpu: "2"   # while a NIMService with one GPU scales to four replicas
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
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.limits import need, shortages


@rule(
    "scheduling/limit-below-maximum",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter 1.14, sigs.k8s.io/karpenter pkg/apis/v1/nodepool.go, Limits.ExceededBy",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Limits below what may be asked for."""
    for shortage in cluster.once(shortages):
        if shortage.usual:
            continue
        users = f" ({', '.join(shortage.users)})" if shortage.users else ""
        message = f"the pods of {shortage.title} at their maximum{users} need {need(shortage)}, or lower the maximum"
        yield hit(shortage.object, message, shortage.pointer)
