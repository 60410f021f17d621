"""A NIMCache is replaced by another, so that the model is downloaded again.

## What it checks

A NIMCache that the base has is no longer here, and the NIMService (or the service of a NIMPipeline) that used it
uses another one. NIMCaches that nimfleet renders have a digest of their spec in their name, so that a new tag, size,
pool or profile is a new cache.

## Why it matters

The download takes minutes to an hour, and needs room for both meanwhile. The service moves over when the new cache
is Ready. The old cache is deleted as soon as the new one is applied; its volume stays until no pod uses it, and
where its reclaim policy is Retain for good.

## Example

```yaml
models:
  llama:
    tag: 1.4.0   # was 1.3.3
```

## Use instead

Nothing, when it is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Fate, Removal
from nimfleet.rules.transition.data import Policy, policy_of, successor_cache


@rule(
    "transition/cache-replaced",
    subject=Removal,
    severity=Severity.INFO,
    source="NIM operator 3.1.2: the spec of a NIMCache is immutable; Flux: garbage collection",
)
def check(subject: Removal) -> Iterator[Hit]:
    """Caches that their services have left."""
    new = successor_cache(subject)
    if not new or subject.fate is Fate.LEFT:
        return
    identity = subject.before.id
    message = (
        f"NIMCache {identity.name} is replaced by {new}: the model is downloaded again, and its service moves over when "
        "that is ready"
    )
    if policy_of(subject.before, subject.cluster) is Policy.RETAIN:
        message += "; the old volume stays (reclaim policy Retain) until somebody deletes it by hand"
    yield Hit(subject.place, message, str(identity))
