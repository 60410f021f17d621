"""A change that the NIM operator ignores, as its admission webhook is off.

## What it checks

Any part of the spec of a NIMCache that the base has, and `storage.pvc` of a NIMService that had `create: true`,
where the values of the operator's HelmRelease leave its admission webhook off.

## Why it matters

The API server takes the change, and the operator does nothing with it: it makes a claim only where there is none,
and downloads only while the cache is not Ready. The repository then says what is not so: a larger size, another
profile. (`modelPuller` cannot be changed even so: the CRD refuses it.)

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

A NIMCache with another name, and the NIMService pointed at it. And turn the webhook on
(`operator.admissionController.enabled: true`), which says so at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.manifest.pointer import dotted
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import frozen


@rule(
    "transition/nim-change-ignored",
    subject=Update,
    severity=Severity.WARNING,
    source="NIM operator 3.1.2: reconcilePVC and reconcileJob create what is missing, and compare nothing",
)
def check(subject: Update) -> Iterator[Hit]:
    """Parts that only the webhook would guard."""
    identity = subject.after.id
    for found in frozen(subject):
        if found.rule == "nim-change-ignored":
            message = (
                f"{dotted(found.pointer)} of {identity.kind} {identity.name} differs from {subject.base}: the operator "
                "takes no notice of it once the object exists (its webhook, which is off here, would refuse it), so "
                "that the cluster does not become what is written; give the object another name"
            )
            yield Hit(subject.place(found.pointer), message, str(identity), found.pointer)
