"""A file lies among the generated ones that environment.yaml does not ask for.

## What it checks

Folders that nimfleet generates hold nothing else.

## Why it matters

It is left over from a model that was removed, and Flux would keep running it; or it was put there by hand,
and the next render would have to remove it.

## Example

```yaml
# clusters/prod/models/old-model/ is still there, but environment.yaml has no old-model
```

## Use instead

Run `nimfleet render`, or move your own file to `clusters/ENV/custom/`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Drift


@rule(
    "drift/stale",
    subject=Drift,
    severity=Severity.ERROR,
    source="`nimfleet render`: the tree is a function of environment.yaml and nimfleet's version",
)
def check(subject: Drift) -> Iterator[Hit]:
    """Files of this kind of drift."""
    if subject.kind == "stale":
        yield Hit(
            subject.place,
            f"{subject.environment} does not ask for this generated file any more; run `nimfleet render`, which removes it",
        )
    elif subject.kind == "foreign":
        yield Hit(
            subject.place,
            f"this file was not generated, and its place belongs to what {subject.environment} renders to; move it to "
            "custom/ (or delete it), then run `nimfleet render`",
        )
