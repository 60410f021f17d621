"""A StorageClass is removed that objects here name.

## What it checks

StorageClasses that the base has and that are no longer here, while claims, templates of StatefulSets, NIMCaches or
NIMServices here name them.

## Why it matters

Volumes that exist go on. Claims that are made from now on, also when a cache or a pod is made anew, wait for ever.

## Example

```yaml
# StorageClass efs-nim was removed
kind: NIMCache
spec:
  storage:
    pvc:
      storageClass: efs-nim
```

## Use instead

Name another class in what is made from now on, and remove the class when nothing names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import NIM, Applied, Fate, Removal, at, items, text
from nimfleet.rules.transition.words import some


def _names(item: Applied) -> set[str]:
    spec = at(item.value, "spec")
    services = [at(service, "spec") for service in items(at(spec, "services"))]
    return {
        text(spec, "storageClassName"),
        *(text(template, "spec", "storageClassName") for template in items(at(spec, "volumeClaimTemplates"))),
        *(text(part, "storage", "pvc", "storageClass") for part in (spec, *services)),
    }


@rule(
    "transition/storage-class-removed",
    subject=Removal,
    severity=Severity.WARNING,
    source="Kubernetes: dynamic provisioning",
)
def check(subject: Removal) -> Iterator[Hit]:
    """Classes that are gone and named."""
    identity = subject.before.id
    if (identity.group, identity.kind) != ("storage.k8s.io", "StorageClass") or subject.fate is Fate.LEFT:
        return
    users = [
        *subject.cluster.has("", "PersistentVolumeClaim"),
        *subject.cluster.has("apps", "StatefulSet"),
        *subject.cluster.has(NIM, "NIMCache", "NIMService", "NIMPipeline"),
    ]
    users = [item for item in users if identity.name in _names(item)]
    if users:
        message = (
            f"StorageClass {identity.name} is in {subject.base} but no longer here, and is still named by {some(users)}: claims "
            "that are made from now on would wait for ever"
        )
        yield Hit(subject.place, message, str(identity))
