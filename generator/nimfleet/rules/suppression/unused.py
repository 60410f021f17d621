"""A suppression that no finding needs.

## What it checks

A suppression, in a comment or in `nimfleet.toml`, that fitted no finding of this run. It is told only when
the rule was run: not when its stage was skipped or could not run, not for a file that is broken, and not for
parts of the repository that were not asked for.

## Why it matters

It hides the next finding of its rule, which nobody has thought about.

## Example

```yaml
replicas: 1 # nimfleet: ignore schema/bound -- was 0 once
```

## Use instead

Remove it:

```yaml
replicas: 1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.suppression import SuppressionFault, Wrong, hit_of


@rule(
    "suppression/unused",
    subject=SuppressionFault,
    severity=Severity.WARNING,
    source="nimfleet's own; docs/configuration.md",
)
def check(subject: SuppressionFault) -> Iterator[Hit]:
    """Faults of this kind."""
    if subject.wrong is Wrong.UNUSED:
        yield hit_of(subject)
