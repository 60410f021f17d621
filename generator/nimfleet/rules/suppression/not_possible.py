"""A suppression of a rule that cannot be suppressed.

## What it checks

Some findings cannot be suppressed, nor made less severe: files that cannot be read or parsed (`yaml/syntax`,
`yaml/unreadable`, `yaml/conflict-marker`), an environment that cannot be rendered (`intent/invalid`), defects
of nimfleet (`internal/rule-crashed`), and the rules about suppressions themselves.

## Why it matters

What such a file holds was not looked at. A suppression would turn "unknown" into "clean".

## Example

```toml
[[ignore]]
rule = "yaml/syntax"
path = "charts/**"
reason = "these are templates"
```

## Use instead

Mend the file; or, when it is no manifest, leave it out, which the report then says:

```toml
exclude = ["charts/**"]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.suppression import SuppressionFault, Wrong, hit_of


@rule(
    "suppression/not-possible",
    subject=SuppressionFault,
    severity=Severity.ERROR,
    source="nimfleet's own; docs/configuration.md",
)
def check(subject: SuppressionFault) -> Iterator[Hit]:
    """Faults of this kind."""
    if subject.wrong is Wrong.NOT_POSSIBLE:
        yield hit_of(subject)
