"""A version of a kind that the cluster no longer serves.

## What it checks

The apiVersion must be one that the pinned release of the CRD serves.

## Why it matters

To the API server an unserved version does not exist: the object is not applied.

## Example

```yaml
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
```

## Use instead

```yaml
apiVersion: external-secrets.io/v1
kind: ExternalSecret
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/unserved-version",
    subject=Judged,
    severity=Severity.ERROR,
    source="`served: false` in the CRD",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/unserved-version")
