"""A number, text or list beyond the limits of the schema.

## What it checks

Minimum and maximum of numbers; length of text in characters; number of items in lists and of keys in
mappings.

## Why it matters

The API server refuses the whole object.

## Example

```yaml
apiVersion: v1
kind: Service
spec:
  ports:
    - port: 80000000000
```

## Use instead

```yaml
spec:
  ports:
    - port: 8000
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/bound",
    subject=Judged,
    severity=Severity.ERROR,
    source="The OpenAPI schema that the kind is served with (the CRD, or Kubernetes itself)",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/bound")
