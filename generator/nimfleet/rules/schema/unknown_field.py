"""A field that the kind does not have.

## What it checks

Every field must be in the schema of its kind, at every level. Known near misses are proposed. Fields below
a part that keeps unknown fields on purpose are free.

## Why it matters

The API server drops unknown fields, or refuses them under strict validation, as Flux applies: a setting
that looks as if it were made never takes effect.

## Example

```yaml
apiVersion: apps.nvidia.com/v1alpha1
kind: NIMService
spec:
  replica: 2
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
    "schema/unknown-field",
    subject=Judged,
    severity=Severity.ERROR,
    source="The OpenAPI schema that the kind is served with (the CRD, or Kubernetes itself)",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/unknown-field")
