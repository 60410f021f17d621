"""A value that is not one of those allowed.

## What it checks

Where the schema lists the allowed values, the value must be one of them, with the same capitals.

## Why it matters

The API server refuses the whole object.

## Example

```yaml
apiVersion: apps.nvidia.com/v1alpha1
kind: NIMService
spec:
  image:
    pullPolicy: ifNotPresent
```

## Use instead

```yaml
spec:
  image:
    pullPolicy: IfNotPresent
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/enum",
    subject=Judged,
    severity=Severity.ERROR,
    source="The OpenAPI schema that the kind is served with (the CRD, or Kubernetes itself)",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/enum")
