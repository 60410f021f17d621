"""A NodePool names an EC2NodeClass that is not there.

## What it checks

`nodeClassRef.name` of NodePools and NodeClaims, where its kind is EC2NodeClass, is the name of one.

## Why it matters

Karpenter marks the NodePool as not ready and makes no node of it: its pods stay Pending.

## Example

```yaml
kind: EC2NodeClass
metadata:
  name: gpu
---
kind: NodePool
spec:
  template:
    spec:
      nodeClassRef:
        group: karpenter.k8s.aws
        kind: EC2NodeClass
        name: gpus
```

## Use instead

```yaml
nodeClassRef:
  group: karpenter.k8s.aws
  kind: EC2NodeClass
  name: gpu
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/node-class",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Karpenter 1.14, nodepool readiness: NodeClassReady is False while the EC2NodeClass is not found",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "node-class", "Karpenter makes no node of it")
