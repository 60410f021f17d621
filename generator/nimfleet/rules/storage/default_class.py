"""Two StorageClasses are the default one.

## What it checks

At most one StorageClass of a cluster has the annotation `storageclass.kubernetes.io/is-default-class: "true"`.

## Why it matters

Of several, Kubernetes takes the one that was made last: claims without a class get another kind of storage on
the next cluster.

## Example

```yaml
kind: StorageClass
metadata:
  name: efs
  annotations:
    storageclass.kubernetes.io/is-default-class: "true"   # as gp3
```

## Use instead

The annotation on one class, and claims that name theirs.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.units import in_one_cluster
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.classes import DEFAULT_CLASS, classes
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "storage/default-class",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes, storageclass.kubernetes.io/is-default-class: of several, the newest counts",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Every default class after the first."""
    defaults = [storage_class for storage_class in classes(cluster).values() if storage_class.default]
    for storage_class in defaults[1:]:
        first = defaults[0]
        if in_one_cluster(cluster, first.object, storage_class.object):
            message = (
                f"`{first.name}` and `{storage_class.name}` are both the default StorageClass, and the newest counts: "
                "take the annotation from one"
            )
            yield hit(storage_class.object, message, ("metadata", "annotations", DEFAULT_CLASS))
