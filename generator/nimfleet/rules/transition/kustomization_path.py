"""A Flux Kustomization applies another path, and deletes what is not there.

## What it checks

Flux Kustomizations that the base has and that name another path now, where objects of the old path are not applied by
anything any more, while it prunes.

## Why it matters

Flux takes what the new path builds for all that there should be, and deletes the rest of what it applied before. With a
path one folder too deep or too high, that is nearly everything.

## Example

```yaml
kind: Kustomization
metadata:
  name: apps
spec:
  path: ./apps/prod/web   # was ./apps/prod
  prune: true
```

## Use instead

See that everything is below the new path too. Where something is to go, remove it in a commit of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.manifest.pointer import Pointer
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Cluster, Fate
from nimfleet.rules.transition.kustomizations import applied_by, moved
from nimfleet.rules.transition.words import count, some

_PATH: Pointer = ("spec", "path")


@rule(
    "transition/kustomization-path",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux: garbage collection of what is no longer in the inventory (spec.prune)",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Kustomizations with another path that leave objects behind."""
    for old, new in moved(subject):
        found = [item for item in applied_by(subject, old) if subject.fate(item)[0] is Fate.DELETED]
        if found:
            message = (
                f"Kustomization {new.id.name} applies another path than in {subject.base}, where {count(len(found))} of "
                f"the old one ({some(found)}) is not: Flux deletes what it no longer finds"
            )
            yield Hit(new.object.place(_PATH), message, str(new.id), _PATH)
