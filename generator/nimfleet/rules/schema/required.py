"""A required field is missing.

## What it checks

Fields that the schema requires must be there, after the schema's own defaults have been filled in.

## Why it matters

The API server refuses the whole object.

## Example

```yaml
apiVersion: v1
kind: Service
metadata:
  name: nim
spec:
  ports:
    - name: http
```

## Use instead

```yaml
spec:
  ports:
    - name: http
      port: 8000
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/required",
    subject=Judged,
    severity=Severity.ERROR,
    source="The OpenAPI schema that the kind is served with (the CRD, or Kubernetes itself)",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/required")
