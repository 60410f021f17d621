"""A pool may not have as many nodes as its replicas need.

## What it checks

The nodes for the pods that run on a NodePool and nowhere else, at their usual number of replicas, have no more of a
resource than `spec.limits` of the NodePool allows, and those of a node group are no more than its `maxNodes` in
nimfleet.toml. Nodes count whole. (A limit that not even the first pod fits under is `scheduling/pod-above-limit`.)

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
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.limits import need, shortages


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
        message = f"the pods of {shortage.title}{users} need {need(shortage)}, or run fewer replicas"
        yield hit(shortage.object, message, shortage.pointer)
