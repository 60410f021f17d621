"""Several pods share a disk that one node has.

## What it checks

A claim with ReadWriteOnce on EBS is mounted by one pod at a time: one replica (also after autoscaling) of one
NIMService, Deployment or StatefulSet. Services of a NIMCache share its claim.

## Why it matters

The disk is attached to the node of the first pod. Pods on any other node wait (`Multi-Attach error`), and it
depends on luck whether the scheduler puts all of them on one.

## Example

```yaml
kind: NIMCache
spec:
  storage:
    pvc:
      create: true
      size: 50Gi
      storageClass: gp3
      volumeAccessMode: ReadWriteOnce   # and a NIMService with replicas: 2
```

## Use instead

```yaml
storageClass: efs-nim
volumeAccessMode: ReadWriteMany
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import ONCE, claims, users
from nimfleet.cluster.storage.classes import Driver
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.storage import behind, mounted_by


@rule(
    "storage/shared-volume",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes, access modes: ReadWriteOnce is for one node; aws-ebs-csi-driver, Multi-Attach",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Disks that several pods mount."""
    for claim in claims(cluster):
        if ONCE not in claim.modes or claim.driver is not Driver.EBS:
            continue
        mounting = users(cluster, claim)
        if sum(user.pods for user in mounting) > 1 and all(user.nodes == 1 for user in mounting):
            message = (
                f"the volume of {claim.words}, a disk of {behind(claim)} that one node has, is for {mounted_by(mounting)}: "
                "take ReadWriteMany and a class of EFS or FSx for Lustre"
            )
            yield hit(claim.object, message, claim.modes_pointer)
