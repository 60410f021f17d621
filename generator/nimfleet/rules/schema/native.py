"""A value that Kubernetes' own code refuses, although the schema takes it.

## What it checks

The OpenAPI schemas of Kubernetes' own kinds say little about values: ports out of range, malformed quantities, selectors that do
not match their template, an HPA whose minimum is above its maximum. This rule checks what the API server's code checks beyond
them, for the kinds that GitOps repositories hold.

## Why it matters

The API server refuses the whole object.

## Example

```yaml
apiVersion: v1
kind: Service
spec:
  ports:
    - port: 99999
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
    "schema/native",
    subject=Judged,
    severity=Severity.ERROR,
    source="kubernetes/kubernetes pkg/apis/*/validation",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/native")
