"""A comment for nimfleet that cannot be understood.

## What it checks

Comments that begin with `# nimfleet:`. The one thing that can follow is `ignore`, then the names of one or
more rules, separated by commas, then `--` and the reason.

## Why it matters

A misspelt suppression would silently do nothing.

## Example

```yaml
replicas: 1 # nimfleet: skip schema/bound
```

## Use instead

```yaml
replicas: 1 # nimfleet: ignore schema/bound -- one replica is enough for the demo cluster
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.suppression import SuppressionFault, Wrong, hit_of


@rule(
    "suppression/malformed",
    subject=SuppressionFault,
    severity=Severity.ERROR,
    source="nimfleet's own; docs/configuration.md",
)
def check(subject: SuppressionFault) -> Iterator[Hit]:
    """Faults of this kind."""
    if subject.wrong is Wrong.MALFORMED:
        yield hit_of(subject)
