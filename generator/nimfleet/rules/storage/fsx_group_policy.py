"""A shared FSx volume stays root's, and the model's user cannot write to it.

## What it checks

Where a NIMCache or NIMService that does not run as root has a ReadWriteMany claim in a StorageClass of FSx for
Lustre, the driver's CSIDriver has `fsGroupPolicy: File`: `csidriver.fsGroupPolicy` in the values of
aws-fsx-csi-driver, or the CSIDriver itself.

## Why it matters

A new Lustre file system belongs to root. With the chart's default, Kubernetes gives only ReadWriteOnce volumes
to the pod's group, so that the download ends with `Permission denied`.

## Example

```yaml
kind: HelmRelease
metadata:
  name: aws-fsx-csi-driver
spec:
  values: {}
```

## Use instead

```yaml
values:
  csidriver:
    fsGroupPolicy: File
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import releases_of
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import MANY, Claim, claims
from nimfleet.cluster.storage.classes import Driver
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


def _refused(cluster: Cluster) -> Claim | None:
    """A shared claim of somebody who is not root."""
    for claim in claims(cluster):
        model = claim.driver is Driver.FSX and claim.object.id.kind in ("NIMCache", "NIMService")
        if model and MANY in claim.modes and integer(get(claim.object.value, "spec", "userID"), 1000) != 0:
            return claim
    return None


def _policies(cluster: Cluster) -> Iterator[tuple[str, KubeObject, Pointer]]:
    """What the driver is told, and where."""
    path = ("csidriver", "fsGroupPolicy")
    for release in releases_of(cluster, "aws-fsx-csi-driver"):
        if release.whole:
            yield text(release.value(*path)) or "ReadWriteOnceWithFSType", *release.at(*path)
    item = cluster.find("storage.k8s.io", "CSIDriver", "", "fsx.csi.aws.com")
    if item is not None:
        written = text(get(item.value, "spec", "fsGroupPolicy"))
        yield written or "ReadWriteOnceWithFSType", item, ("spec", "fsGroupPolicy") if written else ("spec",)


@rule(
    "storage/fsx-group-policy",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes, CSIDriver fsGroupPolicy; aws-fsx-csi-driver chart, csidriver.fsGroupPolicy "
        "(default ReadWriteOnceWithFSType)"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Drivers that leave shared volumes to root."""
    claim = _refused(cluster)
    for policy, item, pointer in _policies(cluster) if claim is not None else ():
        if claim is not None and policy != "File":
            message = (
                f"the volume of {claim.words} (ReadWriteMany on FSx for Lustre) stays root's, as the driver's "
                f"`fsGroupPolicy` is `{policy}`: set it to `File`"
            )
            yield hit(item, message, pointer)
