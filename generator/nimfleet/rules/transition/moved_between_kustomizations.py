"""Objects move from one Flux Kustomization to another.

## What it checks

Objects that the base and today's repository have, which another Flux Kustomization applies now, while the one from
before prunes, or goes and deletes what it applied.

## Why it matters

The two reconcile in no certain order. When the old one comes first, it deletes the objects (with their data, if they
hold any), and the new one creates them anew. When the new one comes first, it takes them over and nothing happens.

## Example

```yaml
# moved from apps/ to infra/
kind: PersistentVolumeClaim
metadata:
  name: model-store
```

## Use instead

Annotate them with `kustomize.toolkit.fluxcd.io/prune: disabled`, let Flux apply that, move them in the next commit,
and take the annotation away when the new Kustomization has them.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Applied, Cluster, Fate
from nimfleet.rules.transition.kustomizations import gone
from nimfleet.rules.transition.words import count, some


@rule(
    "transition/moved-between-kustomizations",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux: garbage collection only deletes what still has its own labels (kustomize.toolkit.fluxcd.io/name)",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """One finding a pair of Kustomizations."""
    if subject.removed:
        return
    renamed = {old.id.unversioned for old, successor in gone(subject) if successor is not None}
    moved: dict[tuple[str, str], list[Applied]] = {}
    for old, new in subject.kept:
        if old.applier is None or new.applier is None:
            continue
        giver, taker = old.applier.id, new.applier.id
        if giver.unversioned == taker.unversioned or giver.unversioned in renamed:
            continue
        if subject.fate(old)[0] is Fate.DELETED:
            moved.setdefault((giver.name, taker.name), []).append(new)
    for (giver_name, taker_name), found in sorted(moved.items(), key=lambda entry: entry[0]):
        first = min(found, key=lambda item: str(item.id))
        message = (
            f"{count(len(found))} ({some(found)}) moved from Kustomization {giver_name} in {subject.base} to {taker_name}: "
            f"if {giver_name} reconciles first, it deletes them and {taker_name} creates them anew; annotate them with "
            "kustomize.toolkit.fluxcd.io/prune: disabled one commit before"
        )
        yield Hit(first.object.place(()), message, str(first.id))
