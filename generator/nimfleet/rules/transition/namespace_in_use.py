"""A Namespace is removed that objects here are in.

## What it checks

Namespaces that the base has and that are no longer here, while objects here are in them, or HelmReleases install
into them.

## Why it matters

Everything in the Namespace is deleted, and while that goes on nothing can be created in it; afterwards Flux fails
to apply the objects, as the Namespace does not exist.

## Example

```yaml
# Namespace nim was removed
kind: NIMService
metadata:
  name: llama
  namespace: nim
```

## Use instead

Move the objects to another namespace and see them run, then remove the old one.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Fate, Removal
from nimfleet.rules.transition.namespaces import users
from nimfleet.rules.transition.words import some


@rule(
    "transition/namespace-in-use",
    subject=Removal,
    severity=Severity.ERROR,
    source="Kubernetes: namespace lifecycle admission; Flux: garbage collection",
)
def check(subject: Removal) -> Iterator[Hit]:
    """Namespaces with objects here."""
    identity = subject.before.id
    if identity.kind != "Namespace" or identity.group or subject.fate is Fate.LEFT:
        return
    found = users(subject)
    if found:
        message = (
            f"Namespace {identity.name} is in {subject.base} but no longer here, and is still needed by {some(found)}: "
            f"{subject.what_happens}, with everything in it, and what is written for it cannot be applied any more"
        )
        yield Hit(subject.place, message, str(identity))
