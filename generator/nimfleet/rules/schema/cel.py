"""A custom resource that breaks a rule of its CRD.

## What it checks

CRDs carry rules in CEL (`x-kubernetes-validations`) about fields that depend on each other. They are evaluated as the API
server does: after defaulting, and only where the object has the right shape.

## Why it matters

The API server refuses the whole object, with the message that is shown here.

## Example

```yaml
apiVersion: apps.nvidia.com/v1alpha1
kind: NIMService
spec:
  replicas: 2
  scale:
    enabled: true
    hpa:
      maxReplicas: 4
```

## Use instead

```yaml
spec:
  scale:
    enabled: true
    hpa:
      maxReplicas: 4
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/cel",
    subject=Judged,
    severity=Severity.ERROR,
    source="The CRD's x-kubernetes-validations",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/cel")
