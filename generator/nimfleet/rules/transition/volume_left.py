"""An object that holds data is removed, and its volume stays.

## What it checks

As `transition/data-loss`, where the reclaim policy is known to be Retain, or a StatefulSet keeps its claims.

## Why it matters

Nothing is lost. The volume (for EFS the directory, for FSx and EBS what is paid for) stays, belongs to nobody and
is not used again by itself.

## Example

```yaml
kind: StorageClass
metadata:
  name: efs-nim
reclaimPolicy: Retain   # and a NIMCache with a claim of this class was removed
```

## Use instead

Delete the PersistentVolume, and what it stands for, by hand when nobody needs it.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Removal
from nimfleet.rules.transition.data import Policy, loses


@rule(
    "transition/volume-left",
    subject=Removal,
    severity=Severity.INFO,
    source="Kubernetes: reclaiming of persistent volumes",
)
def check(subject: Removal) -> Iterator[Hit]:
    """Objects whose volumes outlive them."""
    if loses(subject) is Policy.RETAIN:
        identity = subject.before.id
        message = (
            f"{identity.kind} {identity.name} is in {subject.base} but no longer here: {subject.what_happens}; its volume "
            "and data stay (Retain) until somebody deletes them by hand"
        )
        yield Hit(subject.place, message, str(identity))
