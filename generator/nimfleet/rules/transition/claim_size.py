"""A PersistentVolumeClaim shrinks, or grows where its class does not let it.

## What it checks

The storage that a claim of the base requests: it must not become less, and may only become more when the
StorageClass that it names, if it is here, has `allowVolumeExpansion: true`.

## Why it matters

The API server refuses the update every time that Flux tries.

## Example

```yaml
kind: PersistentVolumeClaim
spec:
  storageClassName: ebs
  resources:
    requests:
      storage: 50Gi   # was 100Gi
```

## Use instead

To shrink: a smaller claim with another name, and a copy. To grow: set `allowVolumeExpansion: true` on the class
first, which may change at any time.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = "to shrink, copy into a smaller claim with another name; to grow, let the class allow expansion first"


@rule(
    "transition/claim-size",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidatePersistentVolumeClaimUpdate; admission plugin PersistentVolumeClaimResize",
)
def check(subject: Update) -> Iterator[Hit]:
    """The size, and whether the class lets it grow."""
    return refused(subject, "claim-size", _ADVICE)
