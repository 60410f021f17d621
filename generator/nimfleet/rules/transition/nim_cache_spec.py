"""The spec of a NIMCache is changed.

## What it checks

Any part of the spec of a NIMCache that the base has, with defaults filled in on both sides, unless the values of
the operator's HelmRelease leave its admission webhook off (see `transition/nim-change-ignored`). NIMCaches that
nimfleet renders have a digest of their spec in their name, so that they never change.

## Why it matters

The operator's webhook refuses the update every time that Flux tries.

## Example

```yaml
kind: NIMCache
metadata:
  name: llama
spec:
  storage:
    pvc:
      size: 100Gi   # was 50Gi
```

## Use instead

A NIMCache with another name; point the NIMService at it in the same commit, and remove the old one in a later
commit, when the service has moved over. The model is downloaded again.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = "add a NIMCache with another name, point the NIMService at it, and remove this one when it has moved over"


@rule(
    "transition/nim-cache-spec",
    subject=Update,
    severity=Severity.ERROR,
    source="NIM operator 3.1.2, webhook: validateImmutableNIMCacheSpec",
)
def check(subject: Update) -> Iterator[Hit]:
    """The spec."""
    return refused(subject, "nim-cache-spec", _ADVICE)
