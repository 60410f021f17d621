"""A suppression that does not say why.

## What it checks

Each suppression, in a comment or in `nimfleet.toml`, must have a reason; one without does nothing.

## Why it matters

Who reads a suppression a year later must know whether it may go. A reason takes one line.

## Example

```yaml
replicas: 1 # nimfleet: ignore schema/bound
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
    "suppression/without-reason",
    subject=SuppressionFault,
    severity=Severity.ERROR,
    source="nimfleet's own; docs/configuration.md",
)
def check(subject: SuppressionFault) -> Iterator[Hit]:
    """Faults of this kind."""
    if subject.wrong is Wrong.WITHOUT_REASON:
        yield hit_of(subject)
