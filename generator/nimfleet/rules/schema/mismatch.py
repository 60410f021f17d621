"""A value that breaks a combined condition of the schema.

## What it checks

Schemas can ask that a value fits one of several shapes (`anyOf`, `oneOf`), all of several, or none. This
rule reports those, and every other condition that has no rule of its own.

## Why it matters

The API server refuses the whole object.

## Example

```yaml
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
spec:
  addresses:
    - type: IPAddress
      value: nim.example.com
```

## Use instead

```yaml
spec:
  addresses:
    - type: Hostname
      value: nim.example.com
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/mismatch",
    subject=Judged,
    severity=Severity.ERROR,
    source="The OpenAPI schema that the kind is served with (the CRD, or Kubernetes itself)",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/mismatch")
