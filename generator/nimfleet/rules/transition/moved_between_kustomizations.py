"""Objects move from one Flux Kustomization to another.

## What it checks

Objects that the base and today's repository have, which another Flux Kustomization applies now, while the one from
before is still here and prunes.

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
from nimfleet.rules.transition.change import Applied, Cluster, at
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
    moved: dict[tuple[str, str], list[Applied]] = {}
    for old in subject.all_before():
        new = subject.now(old.id)
        if new is None or old.applier is None or new.applier is None:
            continue
        giver, taker = old.applier.id, new.applier.id
        still = subject.now(giver)
        if giver.unversioned == taker.unversioned or still is None or at(still.value, "spec", "prune") is not True:
            continue
        if at(still.value, "spec", "suspend") is not True and not old.marked("prune", "disabled"):
            moved.setdefault((giver.name, taker.name), []).append(new)
    for (giver_name, taker_name), found in sorted(moved.items(), key=lambda entry: entry[0]):
        first = min(found, key=lambda item: str(item.id))
        message = (
            f"{count(len(found))} ({some(found)}) moved from Kustomization {giver_name} in {subject.base} to {taker_name}: "
            f"if {giver_name} reconciles first, it deletes them and {taker_name} creates them anew; annotate them with "
            "kustomize.toolkit.fluxcd.io/prune: disabled one commit before"
        )
        yield Hit(first.object.place(()), message, str(first.id))
