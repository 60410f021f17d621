"""A Namespace is removed, and everything in it goes.

## What it checks

Namespaces that the base has and that are no longer here, where nothing here is in them any more.

## Why it matters

Deleting a Namespace deletes every object in it, also those that Git knows nothing of: Secrets made by hand, claims
and their data.

## Example

```yaml
# removed
kind: Namespace
metadata:
  name: nim
```

## Use instead

Look what is in it first (`kubectl api-resources --namespaced -o name | xargs -n1 kubectl get -n nim`). To keep it,
annotate it with `kustomize.toolkit.fluxcd.io/prune: disabled` one commit before.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Fate, Removal
from nimfleet.rules.transition.namespaces import users


@rule(
    "transition/namespace-removed",
    subject=Removal,
    severity=Severity.WARNING,
    source="Kubernetes: namespace controller; Flux: garbage collection",
)
def check(subject: Removal) -> Iterator[Hit]:
    """Namespaces that nothing here uses any more."""
    identity = subject.before.id
    if identity.kind == "Namespace" and not identity.group and subject.fate is not Fate.LEFT and not users(subject):
        message = (
            f"Namespace {identity.name} is in {subject.base} but no longer here: {subject.what_happens}, and with it "
            "everything in it, also what Git knows nothing of"
        )
        yield Hit(subject.place, message, str(identity))
