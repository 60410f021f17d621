"""A value that breaks a combined condition of the schema.

## What it checks

Schemas can ask that a value fits one of several shapes (`anyOf`, `oneOf`), all of several, or none. This
rule reports those, and every other condition that has no rule of its own.

## Why it matters

The API server refuses the whole object.

## Example

```yaml
apiVersion: karpenter.k8s.aws/v1
kind: EC2NodeClass
spec:
  blockDeviceMappings:
    - ebs:
        volumeSize: lots
```

## Use instead

```yaml
spec:
  blockDeviceMappings:
    - ebs:
        volumeSize: 200Gi
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
