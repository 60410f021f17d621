"""A NIMCache is removed that a service here uses.

## What it checks

NIMCaches that the base has and that are no longer here, while a NIMService, or a service of a NIMPipeline, of the same
namespace names them.

## Why it matters

Flux deletes the cache, and with reclaim policy Delete its volume. Pods that run go on for as long as nothing moves
them; the operator finds no cache any more, reports the service as failed and applies no further change to it.

## Example

```yaml
# NIMCache llama was removed
kind: NIMService
spec:
  storage:
    nimCache:
      name: llama
```

## Use instead

Point the service at another cache in the same commit, or keep this one.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import NIM, Fate, Removal
from nimfleet.rules.transition.data import cache_users
from nimfleet.rules.transition.words import some


@rule(
    "transition/cache-in-use",
    subject=Removal,
    severity=Severity.ERROR,
    source="NIM operator 3.1.2: a NIMService whose NIMCache is not found fails to reconcile",
)
def check(subject: Removal) -> Iterator[Hit]:
    """Caches that are gone and named."""
    identity = subject.before.id
    if (identity.group, identity.kind) != (NIM, "NIMCache") or subject.fate is Fate.LEFT:
        return
    users = cache_users(subject)
    if users:
        message = (
            f"NIMCache {identity.name} is in {subject.base} but no longer here, and is still named by {some(users)}: "
            f"{subject.what_happens}, and the operator then fails to reconcile what names it"
        )
        yield Hit(subject.place, message, str(identity))
