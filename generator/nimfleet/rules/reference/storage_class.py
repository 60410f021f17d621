"""A StorageClass is named that is not there.

## What it checks

Classes that claims, StatefulSets and NIM objects name: a StorageClass that is declared here, or that a chart's values
make. Claims whose class a PersistentVolume names, too, need none; `gp2` is made by EKS, `gp3` is not.

## Why it matters

The claim stays Pending, and with it the pod.

## Example

```yaml
kind: StorageClass
metadata:
  name: efs-models
---
kind: NIMCache
spec:
  storage:
    pvc:
      storageClass: efs-model
```

## Use instead

```yaml
pvc:
  storageClass: efs-models
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/storage-class",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes 1.34: a claim whose StorageClass does not exist stays Pending",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "storage-class", "the claim stays Pending")
