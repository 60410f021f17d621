"""Text that does not have the form that the schema asks for.

## What it checks

Text must match the schema's pattern (a regular expression in RE2's dialect) and format. Only the formats
that an API server enforces are enforced here.

## Why it matters

The API server refuses the whole object.

## Example

```yaml
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
spec:
  interval: 10 minutes
```

## Use instead

```yaml
spec:
  interval: 10m
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/pattern",
    subject=Judged,
    severity=Severity.ERROR,
    source="The OpenAPI schema that the kind is served with (the CRD, or Kubernetes itself)",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/pattern")
