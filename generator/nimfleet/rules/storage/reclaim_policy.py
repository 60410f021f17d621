"""A StorageClass of caches does not say what becomes of their data.

## What it checks

A StorageClass of EFS, EBS or FSx for Lustre in which a claim of these objects is has a `reclaimPolicy`. Either
value is fine when it is written.

## Why it matters

What is not written means Delete: with the claim goes the volume. A NIMCache that is renamed, or a Kustomization
that is pruned, takes the model with it, and every replica waits for the download once more.

## Example

```yaml
kind: StorageClass
provisioner: efs.csi.aws.com
```

## Use instead

```yaml
reclaimPolicy: Retain
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
    "storage/reclaim-policy",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes, StorageClass reclaimPolicy (default Delete)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Classes without a policy."""
    for storage_class in classes(cluster).values():
        if storage_class.reclaim or storage_class.driver is Driver.OTHER:
            continue
        claim = used_by(storage_class, claims(cluster))
        if claim is not None:
            message = (
                f"no `reclaimPolicy`, which means Delete: the volume of {claim.words} goes with its claim; "
                "set `Retain`, or write `Delete` if that is meant"
            )
            yield hit(storage_class.object, message, ("metadata", "name"))
