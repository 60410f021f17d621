"""An object is removed here and stays in the cluster.

## What it checks

Objects that the base has and that are no longer here, while Flux does not delete them: their Kustomization does not
prune or is suspended, or they are annotated with `kustomize.toolkit.fluxcd.io/prune: disabled`.

## Why it matters

Nobody looks after it any more, and nothing in the repository says that it is there.

## Example

```yaml
kind: Kustomization
spec:
  prune: false
```

## Use instead

Delete it by hand when nobody needs it, or set `prune: true` before it is removed here.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Fate, Removal


@rule(
    "transition/orphaned",
    subject=Removal,
    severity=Severity.INFO,
    source="Flux: Kustomization spec.prune, spec.suspend and the annotations on objects",
)
def check(subject: Removal) -> Iterator[Hit]:
    """Objects that are left, unless all that their Kustomization applied is."""
    applier = subject.before.applier
    if subject.fate is Fate.LEFT and (applier is None or subject.cluster.now(applier.id) is not None):
        identity = subject.before.id
        message = (
            f"{identity.kind} {identity.name} is in {subject.base} but no longer here, and stays in the cluster: "
            f"{subject.why}; delete it by hand when nobody needs it"
        )
        yield Hit(subject.place, message, str(identity))
