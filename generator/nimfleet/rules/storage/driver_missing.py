"""Nothing here installs the driver of a StorageClass.

## What it checks

In a whole cluster, the driver of a StorageClass of EFS, EBS, FSx for Lustre or S3 is installed: by a HelmRelease of
its chart, by its own manifests (CSIDriver), or, as an EKS add-on, by a line in nimfleet.toml. Anywhere: a provisioner
that is nearly the name of one of these drivers, and of none that there is.

## Why it matters

Claims of the class stay Pending, as nobody makes their volumes.

## Example

```yaml
kind: StorageClass
provisioner: efs.csi.aws.com   # and no aws-efs-csi-driver
```

## Use instead

A HelmRelease of aws-efs-csi-driver; or, when the EKS add-on is there:

```toml
[[external]]
kind = "CSIDriver"
name = "efs.csi.aws.com"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.charts import DRIVERS
from nimfleet.cluster.helm.releases import declared, releases_of, sees_all
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.spelling import distance
from nimfleet.cluster.storage.classes import classes
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


def _misspelt(provisioner: str) -> str:
    """The driver of AWS that is meant by a name which nobody has."""
    if provisioner in _NAMES:
        return ""
    return next((name for name in _NAMES if distance(provisioner, name) <= 2), "")


_NAMES = (*DRIVERS, "ebs.csi.eks.amazonaws.com", "secrets-store.csi.k8s.io")
_IN_TREE = {"kubernetes.io/aws-ebs": "ebs.csi.aws.com"}


@rule(
    "storage/driver-missing",
    subject=Cluster,
    severity=Severity.WARNING,
    source="CSI drivers of EFS, EBS and FSx for Lustre: charts, or EKS add-ons",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Classes without a driver."""
    drivers = {item.id.name for item in cluster.kind("storage.k8s.io", "CSIDriver")}
    whole = sees_all(cluster)
    for storage_class in classes(cluster).values():
        near = _misspelt(storage_class.provisioner)
        if near and storage_class.provisioner not in drivers:
            message = f"there is no driver `{storage_class.provisioner}`, so that claims of this class stay Pending. "
            yield hit(storage_class.object, f"{message}Did you mean `{near}`?", ("provisioner",))
        if not whole:
            continue
        driver = _IN_TREE.get(storage_class.provisioner, storage_class.provisioner)
        chart = DRIVERS.get(driver)
        if chart is None or driver in drivers or declared(cluster, "CSIDriver", driver) or releases_of(cluster, chart):
            continue
        message = (
            f"nothing here installs the driver `{driver}`: add a release of {chart}, or, if the EKS add-on does, "
            f"declare the CSIDriver as external in nimfleet.toml"
        )
        yield hit(storage_class.object, message, ("provisioner",))
