"""A parameter of a StorageClass is misspelt.

## What it checks

Parameters of StorageClasses of EFS, FSx for Lustre and EBS that the driver does not read, where one that it
reads is near. EFS and FSx mind the case.

## Why it matters

The drivers of EFS and FSx pass over what they do not know, so that the setting does nothing; the EBS driver
makes no volume.

## Example

```yaml
kind: StorageClass
provisioner: efs.csi.aws.com
parameters:
  directoryPermissions: "770"
```

## Use instead

```yaml
parameters:
  directoryPerms: "770"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.classes import classes
from nimfleet.cluster.storage.parameters import unread
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "storage/unknown-parameter",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "aws-efs-csi-driver docs/parameters.md; aws-fsx-csi-driver pkg/driver/controller.go; "
        "aws-ebs-csi-driver docs/parameters.md"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Parameters that the driver does not know."""
    for storage_class in classes(cluster).values():
        for name, meant in unread(storage_class):
            message = f"`{storage_class.provisioner}` does not read a parameter `{name}`. Did you mean `{meant}`?"
            yield hit(storage_class.object, message, ("parameters", name))
