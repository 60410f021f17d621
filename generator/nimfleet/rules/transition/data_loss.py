"""An object that holds data is removed.

## What it checks

With `--base`, NIMCaches and PersistentVolumeClaims that are in the base and no longer here.

## Why it matters

Flux prunes them, and with them the volume's data goes: a model cache is downloaded again for many
gigabytes, other data is lost, unless the storage class keeps volumes.

## Example

```yaml
# the file of a PersistentVolumeClaim was deleted
kind: PersistentVolumeClaim
metadata:
  name: model-store
```

## Use instead

Keep the object until nothing needs its data. To keep the volume, set `persistentVolumeReclaimPolicy:
Retain` on it first, or annotate the object with `kustomize.toolkit.fluxcd.io/prune: disabled` and sync
before removing it.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Change

_HOLDS_DATA = {("apps.nvidia.com", "NIMCache"), ("", "PersistentVolumeClaim")}


@rule(
    "transition/data-loss",
    subject=Change,
    severity=Severity.WARNING,
    source="Flux: garbage collection (spec.prune); Kubernetes: reclaiming of persistent volumes",
)
def check(subject: Change) -> Iterator[Hit]:
    """Objects with data that are gone."""
    identity = subject.before.id
    if subject.after is None and (identity.group, identity.kind) in _HOLDS_DATA:
        message = (
            f"{identity.kind} {identity.name} is in {subject.base} but no longer here: Flux would prune it, "
            "and its data is lost where the volume's reclaim policy is Delete"
        )
        yield Hit(subject.before.place(()), message, str(identity))
