"""A Flux Kustomization is removed, with all that it applied.

## What it checks

Flux Kustomizations that the base has and that are no longer here, with what becomes of the objects that they
applied: `prune`, `deletionPolicy` and `suspend` of the base decide.

## Why it matters

With `prune: true` Flux deletes everything that it applied. Else everything stays, and nobody looks after it.

## Example

```yaml
# removed
kind: Kustomization
metadata:
  name: nim-model-llama
spec:
  prune: true
```

## Use instead

Nothing, when it is meant. To keep the objects, set `deletionPolicy: Orphan` one commit before.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Cluster, Fate
from nimfleet.rules.transition.kustomizations import applied_by, gone
from nimfleet.rules.transition.words import count, some


@rule(
    "transition/kustomization-removed",
    subject=Cluster,
    severity=Severity.INFO,
    source="Flux: Kustomization spec.prune, spec.deletionPolicy, finalizers",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Kustomizations that are gone and not renamed."""
    for old, successor in gone(subject):
        if successor is not None:
            continue
        found = applied_by(subject, old)
        if not found:
            continue
        fate, why = subject.fate(found[0])
        what = {
            Fate.DELETED: "Flux deletes",
            Fate.LEFT: f"{why}:",
            Fate.UNKNOWN: "when whoever applies it prunes, Flux deletes",
        }[fate]
        message = (
            f"Kustomization {old.id.name} is in {subject.base} but no longer here: {what} "
            f"{count(len(found))} ({some(found)})"
        )
        yield Hit(subject.place_of(old), message, str(old.id))
