"""FSx makes a larger file system than the claim asks for.

## What it checks

Claims in a StorageClass of FSx for Lustre (SSD) ask for a size that such a file system can have: 1200 GiB, or a
multiple of 2400 (SCRATCH_1: 2400, or a multiple of 3600).

## Why it matters

The driver rounds up, and AWS bills what it makes: a claim for 50Gi costs as much as one for 1200Gi.

## Example

```yaml
kind: NIMCache
spec:
  storage:
    pvc:
      storageClass: fsx-nim
      size: 50Gi
```

## Use instead

```yaml
size: 1200Gi
```

For small caches, EFS costs what is stored.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import claims
from nimfleet.cluster.storage.classes import Driver
from nimfleet.cluster.storage.parameters import fsx_gib
from nimfleet.cluster.storage.sizes import gib
from nimfleet.manifest.walk import text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "storage/fsx-size",
    subject=Cluster,
    severity=Severity.INFO,
    source="FSx API, storage capacity of Lustre file systems; aws-fsx-csi-driver, RoundUpVolumeSize",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Sizes that are rounded up."""
    for claim in claims(cluster):
        if claim.driver is not Driver.FSX or claim.storage_class is None:
            continue
        parameters = claim.storage_class.parameters
        size = gib(claim.size)
        if size is None or size <= 0 or text(parameters.get("storageType")) not in ("", "SSD"):
            continue
        made = fsx_gib(size, text(parameters.get("deploymentType")))
        if made > size:
            message = (
                f"{claim.words} asks for {claim.size}, and FSx for Lustre makes (and bills) {made} GiB: "
                f"write {made}Gi, or take EFS"
            )
            yield hit(claim.object, message, claim.size_pointer)
