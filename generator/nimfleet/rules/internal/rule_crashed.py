"""A rule or a stage of nimfleet failed with an internal error.

## What it checks

A rule that raises an exception does not stop the others: it becomes this finding.

## Why it matters

What the rule would have said about the file is not known, so the result is not a clean one.

## Example

```yaml
# no example: this is a defect of nimfleet, not of the file
```

## Use instead

Report it, with the file that it names, as a defect of nimfleet.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Crash


@rule(
    "internal/rule-crashed",
    subject=Crash,
    severity=Severity.ERROR,
    source="nimfleet itself",
)
def check(subject: Crash) -> Iterator[Hit]:
    """Every crash."""
    yield Hit(subject.place, f"{subject.what} failed: {subject.error}; this is a defect of nimfleet, please report it")
