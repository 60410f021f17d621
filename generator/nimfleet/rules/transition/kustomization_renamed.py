"""A Flux Kustomization got another name.

## What it checks

A Flux Kustomization that the base has is gone, and a new one applies the same path, while the old one prunes.

## Why it matters

The old one is deleted, and deletes all that it applied and that the new one has not taken over yet: what runs there
goes and comes again, data with it.

## Example

```yaml
kind: Kustomization
metadata:
  name: nim-models   # was models
spec:
  path: ./clusters/prod/models
  prune: true
```

## Use instead

Set `deletionPolicy: Orphan` on the old one and let Flux apply that; then rename it.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Cluster, Fate
from nimfleet.rules.transition.kustomizations import applied_by, gone
from nimfleet.rules.transition.words import count


@rule(
    "transition/kustomization-renamed",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux: Kustomization spec.deletionPolicy, finalizers",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Kustomizations that are gone while another has their path."""
    for old, successor in gone(subject):
        if successor is None:
            continue
        found = [item for item in subject.all_before() if item.applier is old.object]
        found = found or applied_by(subject, old)
        if not found or subject.fate(found[0])[0] is Fate.LEFT:
            continue
        message = (
            f"Kustomization {successor.id.name} applies the path that {old.id.name} of {subject.base} had: when "
            f"{old.id.name} goes, it deletes those of its {count(len(found))} that {successor.id.name} has not taken over "
            f"yet; set deletionPolicy: Orphan on {old.id.name} one commit before"
        )
        yield Hit(successor.object.place(("metadata", "name")), message, str(successor.id), ("metadata", "name"))
