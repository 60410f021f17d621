"""A node class names its role by an ARN.

## What it checks

`role` and `instanceProfile` of an EC2NodeClass are names, and no ARNs.

## Why it matters

Karpenter hands both to AWS as names. An ARN is no valid name: the instance profile cannot be made, or no instance
starts with it, and the EC2NodeClass never becomes ready.

## Example

```yaml
kind: EC2NodeClass
spec:
  role: arn:aws:iam::123456789012:role/KarpenterNodeRole-nim
```

## Use instead

```yaml
role: KarpenterNodeRole-nim
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodeClass


@rule(
    "admission/nodeclass-role",
    subject=AdmittedNodeClass,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, NodeClasses, spec.role and spec.instanceProfile; AWS IAM API, AddRoleToInstanceProfile: RoleName; "
        "github.com/aws/karpenter-provider-aws issue 8312"
    ),
)
def check(subject: AdmittedNodeClass) -> Iterator[Hit]:
    """ARNs where a name is asked for."""
    for field in ("role", "instanceProfile"):
        given = text(get(subject.spec, field))
        name = given.rpartition("/")[2]
        if given.startswith("arn:") and name:
            yield hit(subject, f"`{field}` is the ARN `{given}`, and Karpenter takes a name: write `{name}`", field)
