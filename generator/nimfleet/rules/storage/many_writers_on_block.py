"""A volume for many nodes is asked of disks that one node has.

## What it checks

No claim (of a PersistentVolumeClaim, NIMCache, NIMService or StatefulSet) asks for ReadWriteMany or
ReadOnlyMany from a StorageClass of EBS. The classes `gp2` and `gp3` are EBS also where they are not here. Raw
block volumes are left alone.

## Why it matters

The driver refuses to make the volume. The claim stays Pending, and so does everything that mounts it.

## Example

```yaml
kind: NIMCache
spec:
  storage:
    pvc:
      create: true
      size: 50Gi
      storageClass: gp3
      volumeAccessMode: ReadWriteMany
```

## Use instead

A class of EFS or FSx for Lustre; or ReadWriteOnce, for a service with one replica.

```yaml
storageClass: efs-nim
volumeAccessMode: ReadWriteMany
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import MANY, claims
from nimfleet.cluster.storage.classes import Driver
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.storage import behind

_SHARED = (MANY, "ReadOnlyMany")


@rule(
    "storage/many-writers-on-block",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "aws-ebs-csi-driver: volume capabilities (ReadWriteMany only for raw block volumes); Kubernetes, access modes"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Claims for many nodes on EBS."""
    for claim in claims(cluster):
        shared = next((mode for mode in claim.modes if mode in _SHARED), None)
        if shared is None or claim.driver is not Driver.EBS or claim.block:
            continue
        message = (
            f"{claim.words} asks for {shared}, and {behind(claim)} has disks that one node uses at a time: "
            "take a class of EFS or FSx for Lustre"
        )
        yield hit(claim.object, message, claim.modes_pointer)
