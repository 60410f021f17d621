"""A suppression, or a severity, names a rule that does not exist.

## What it checks

The names in suppression comments, in `[[ignore]]` and in `[severity]` of `nimfleet.toml`. A whole family
(`schema/*`) can be named only in `nimfleet.toml`.

## Why it matters

A misspelt name would silently do nothing.

## Example

```toml
[severity]
"yaml/stile" = "info"
```

## Use instead

```toml
[severity]
"yaml/style" = "info"
```

`nimfleet rules` lists all names.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.suppression import SuppressionFault, Wrong, hit_of


@rule(
    "suppression/unknown-rule",
    subject=SuppressionFault,
    severity=Severity.ERROR,
    source="nimfleet's own; docs/configuration.md",
)
def check(subject: SuppressionFault) -> Iterator[Hit]:
    """Faults of this kind."""
    if subject.wrong is Wrong.UNKNOWN_RULE:
        yield hit_of(subject)
