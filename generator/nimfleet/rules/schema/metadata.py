"""Name, namespace, labels or annotations are not well-formed.

## What it checks

Names must be DNS subdomains (for some kinds labels), namespaces DNS labels; label keys and values and
annotation keys must have Kubernetes' syntax; all annotations together may have 256 KiB.

## Why it matters

The API server refuses the whole object.

## Example

```yaml
metadata:
  name: Llama_3.1
  labels:
    app: "my model"
```

## Use instead

```yaml
metadata:
  name: llama-3-1
  labels:
    app: my-model
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.schema import claimed
from nimfleet.rules.subjects import Judged


@rule(
    "schema/metadata",
    subject=Judged,
    severity=Severity.ERROR,
    source="Kubernetes: Object Names and IDs; Labels and Selectors; apimachinery validation of ObjectMeta",
)
def check(subject: Judged) -> Iterator[Hit]:
    """The violations whose keyword belongs to this rule."""
    yield from claimed(subject, "schema/metadata")
