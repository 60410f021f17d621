"""A parameter of a StorageClass is missing, or has a value that the driver refuses.

## What it checks

Parameters of StorageClasses of EFS (`provisioningMode`, `fileSystemId`, `directoryPerms` are needed;
permissions in octal with all rights for the owner; numbers, ranges, and the variables of `subPathPattern`), FSx
for Lustre (`subnetId` is needed; deployment types and their throughput) and EBS (volume types, and what each
takes).

A class whose name a PersistentVolume of these objects has, or one that has no parameters and no claim here,
makes no volumes, and lacks nothing.

## Why it matters

A StorageClass is applied without complaint. Only the driver reads its parameters, when the first claim comes,
and the claim stays Pending.

## Example

```yaml
kind: StorageClass
provisioner: efs.csi.aws.com
parameters:
  provisioningMode: efs-ap
  fileSystemId: fs-0123456789abcdef0
```

## Use instead

```yaml
parameters:
  provisioningMode: efs-ap
  fileSystemId: fs-0123456789abcdef0
  directoryPerms: "770"
  uid: "1000"
  gid: "2000"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import claims
from nimfleet.cluster.storage.classes import classes, static_classes
from nimfleet.cluster.storage.parameters import faults
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.storage import used_by


@rule(
    "storage/class-parameter",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "aws-efs-csi-driver docs/parameters.md; aws-fsx-csi-driver, and the FSx API; "
        "aws-ebs-csi-driver docs/parameters.md"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Parameters that are refused."""
    for storage_class in classes(cluster).values():
        made = storage_class.name not in static_classes(cluster) and (
            bool(storage_class.parameters) or used_by(storage_class, claims(cluster)) is not None
        )
        for name, message in faults(storage_class):
            if not name and not made:
                continue  # it only binds claims to volumes that are there
            pointer = (
                ("parameters", name) if name else ("parameters",) if storage_class.parameters else ("provisioner",)
            )
            yield hit(storage_class.object, message, pointer)
