"""A change of a field that cannot be changed on a living object.

## What it checks

With `--base`, each object is compared with the same object in the base. These parts must not differ: the
spec of a NIMCache; provisioner, parameters, reclaimPolicy and volumeBindingMode of a StorageClass; access
modes and a set storage class of a PersistentVolumeClaim; the selector of a Deployment, StatefulSet or
DaemonSet; data of a ConfigMap or Secret that is `immutable`.

## Why it matters

The API server or the operator's webhook refuses the update every time that Flux tries, and everything that
depends on the Kustomization waits for ever.

## Example

```yaml
kind: NIMCache
spec:
  storage:
    pvc:
      size: 100Gi   # was 50Gi
```

## Use instead

Give the object a new name (for a NIMCache: add a new one, point the NIMService at it, then remove the old
one), so that Flux creates the new and prunes the old.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.manifest.pointer import Pointer, dotted
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Change
from nimfleet.rules.transition import frozen_paths, value_at


@rule(
    "transition/immutable-field",
    subject=Change,
    severity=Severity.ERROR,
    source="Kubernetes API validation of updates; NIM operator 3.1.2 webhook: NIMCache spec is immutable",
)
def check(subject: Change) -> Iterator[Hit]:
    """Each frozen part that differs."""
    after = subject.after
    if after is None:
        return
    for pointer, unset_is_free in frozen_paths(subject.before):
        old, new = value_at(subject.before, pointer), value_at(after, pointer)
        if old == new or (old is None and unset_is_free):
            continue
        where = _narrowed(pointer, old, new)
        message = (
            f"{dotted(where)} of {after.id.kind} cannot be changed once it exists, and differs from "
            f"{subject.base}: Flux would fail to apply it every time; give the object a new name instead"
        )
        yield Hit(after.place(where), message, str(after.id), where)


def _narrowed(pointer: Pointer, old: Any, new: Any) -> Pointer:
    """The innermost mapping entry that holds all of the difference."""
    while isinstance(old, dict) and isinstance(new, dict):
        different = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
        if len(different) != 1 or different[0] not in new:
            break
        pointer = (*pointer, different[0])
        old, new = old.get(different[0]), new[different[0]]
    return pointer
