"""Several pods share a volume that one pod may use.

## What it checks

A claim with ReadWriteOncePod is mounted by one pod at a time: one replica of one service.

## Why it matters

The scheduler keeps every further pod Pending.

## Example

```yaml
kind: NIMCache
spec:
  storage:
    pvc:
      create: true
      size: 50Gi
      volumeAccessMode: ReadWriteOncePod   # and a NIMService with replicas: 2
```

## Use instead

```yaml
volumeAccessMode: ReadWriteMany
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import ONCE_POD, claims, users
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.storage import mounted_by


@rule(
    "storage/exclusive-volume",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes, access modes: ReadWriteOncePod is for one pod in the whole cluster",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Exclusive volumes that several pods mount."""
    for claim in claims(cluster):
        if ONCE_POD not in claim.modes:
            continue
        mounting = users(cluster, claim)
        if sum(user.pods for user in mounting) > 1 and all(user.nodes == 1 for user in mounting):
            message = (
                f"the volume of {claim.words} is for {mounted_by(mounting)}, and {ONCE_POD} lets one pod in: "
                "take ReadWriteMany"
            )
            yield hit(claim.object, message, claim.modes_pointer)
