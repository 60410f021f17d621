"""A NIMService is changed where it cannot be.

## What it checks

Of a NIMService that the base has, or of a service of a NIMPipeline: `multiNode`, and `storage.pvc` once it had
`create: true`; unless the values of the operator's HelmRelease leave its admission webhook off. What the CRD itself
refuses is told by `transition/cel-rule`.

## Why it matters

The operator's webhook refuses the update every time that Flux tries; of a NIMPipeline, the operator itself fails
to update the service.

## Example

```yaml
kind: NIMService
spec:
  storage:
    pvc:
      create: true
      size: 100Gi   # was 50Gi
```

## Use instead

A NIMService with another name (its Service, and so its address, has that name too), and the old one removed when
nothing calls it any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = "add a NIMService with another name, which is its address too, and remove this one when nothing calls it"


@rule(
    "transition/nim-service",
    subject=Update,
    severity=Severity.ERROR,
    source="NIM operator 3.1.2, webhook: validateMultiNodeImmutability, validatePVCImmutability",
)
def check(subject: Update) -> Iterator[Hit]:
    """The parts that the webhook compares."""
    return refused(subject, "nim-service", _ADVICE)
