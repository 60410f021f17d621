"""An AWS access key in plain text.

## What it checks

Access key IDs (`AKIA…`, `ASIA…`) anywhere in a text file, also in base64, and secret access keys beside one or under
a name such as `aws_secret_access_key`. The keys of the AWS documentation, which end in `EXAMPLE`, are none.

## Why it matters

Git keeps it for ever, also when the line is deleted, in every clone and every fork. Whoever reads it can use it.

## Example

```ini
[default]
aws_secret_access_key = …
```

## Use instead

On EKS no key is needed: give the ServiceAccount a role with EKS Pod Identity, or with IRSA:

```yaml
metadata:
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/nim
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.secret import leaked
from nimfleet.rules.subjects import FoundSecret
from nimfleet.secrets.shapes import Kind


@rule(
    "secret/aws-key",
    subject=FoundSecret,
    severity=Severity.ERROR,
    source="AWS IAM user guide, Identify unique IDs (prefixes AKIA and ASIA); Manage access keys",
)
def check(subject: FoundSecret) -> Iterator[Hit]:
    """Secrets of this kind."""
    remedy = "deactivate it in IAM, and give the pod a role with EKS Pod Identity or IRSA instead of a key"
    yield from leaked(subject, Kind.AWS_KEY, remedy)
