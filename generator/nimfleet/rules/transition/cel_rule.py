"""A change that the rules of a custom resource refuse.

## What it checks

The rules in CEL about `oldSelf` of each custom resource that the base has: NIMBuild's spec, `draResources` of a
NIMService, `modelPuller` of a NIMCache, and whatever the CRDs of the pinned releases hold.

## Why it matters

The API server refuses the update every time that Flux tries.

## Example

```yaml
kind: NIMBuild
spec:
  image:
    tag: 1.4.0   # was 1.3.3
```

## Use instead

An object with another name; the old one goes when nothing refers to it any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.manifest.pointer import dotted
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import stuck


@rule(
    "transition/cel-rule",
    subject=Update,
    severity=Severity.ERROR,
    source="the CRD of the release that is pinned: x-kubernetes-validations",
)
def check(subject: Update) -> Iterator[Hit]:
    """What the kind's own rules say of the change."""
    identity = subject.after.id
    if subject.forced:
        return
    for found in subject.broken:
        where = f"{dotted(found.pointer)}: " if found.pointer else ""
        message = (
            f"{where}{found.message} (differs from {subject.base}): {stuck(subject)}; give the object another name"
        )
        yield Hit(subject.place(found.pointer), message, str(identity), found.pointer)
