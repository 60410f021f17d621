"""A value of the wrong type.

## What it checks

Values must have the type that the schema gives: text, number, boolean, list or mapping. Scalars are read as
the API server reads them, so `on` is a boolean and `1_000` a number unless they are in quotes.

## Why it matters

The API server refuses the whole object.

## Example

```yaml
apiVersion: apps.nvidia.com/v1alpha1
kind: NIMService
spec:
  replicas: "2"
```

## Use instead

```yaml
spec:
  replicas: 2
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/type",
    subject=Judged,
    severity=Severity.ERROR,
    source="The OpenAPI schema that the kind is served with (the CRD, or Kubernetes itself)",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/type")
