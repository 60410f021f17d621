"""A disk's zone is chosen before that of the pod.

## What it checks

A StorageClass of EBS in which a claim of these objects is has `volumeBindingMode: WaitForFirstConsumer`.

## Why it matters

With Immediate, which is also the default, the disk is made in some zone as soon as the claim is there. If there
are no GPUs of the wanted type in that zone, or the NodePool does not allow it, the pod can never run.

## Example

```yaml
kind: StorageClass
provisioner: ebs.csi.aws.com
volumeBindingMode: Immediate
```

## Use instead

```yaml
volumeBindingMode: WaitForFirstConsumer
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import claims
from nimfleet.cluster.storage.classes import Driver, classes
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.storage import used_by


@rule(
    "storage/zone-before-pod",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes, StorageClass volumeBindingMode (default Immediate); EBS volumes are in one zone",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Classes of EBS that do not wait for a pod."""
    for storage_class in classes(cluster).values():
        if storage_class.driver is not Driver.EBS or storage_class.binding == "WaitForFirstConsumer":
            continue
        claim = used_by(storage_class, claims(cluster))
        if claim is not None:
            written = f"`volumeBindingMode` is {storage_class.binding or 'not set, which means Immediate'}"
            message = (
                f"{written}: the disk of {claim.words} is made in a zone before it is known where its pod can run; "
                "set `WaitForFirstConsumer`"
            )
            pointer = ("volumeBindingMode",) if storage_class.binding else ("metadata", "name")
            yield hit(storage_class.object, message, pointer)
