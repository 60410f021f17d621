"""A PersistentVolumeClaim is named that is not there.

## What it checks

Claims that pods and NIM objects name (without `create: true`), in their own namespace; claims that NIMCaches,
NIMServices and StatefulSets make count.

## Why it matters

The pod is not scheduled while the claim does not exist; the operator ends with an error.

## Example

```yaml
kind: PersistentVolumeClaim
metadata:
  name: models
---
kind: NIMService
spec:
  storage:
    pvc:
      name: model
```

## Use instead

```yaml
storage:
  pvc:
    name: models
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/claim",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes 1.34: a pod stays Pending while its PersistentVolumeClaim does not exist",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "claim", "its pods stay Pending")
