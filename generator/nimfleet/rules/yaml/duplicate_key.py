"""A mapping has the same key twice.

## What it checks

A key must be written once in each mapping. Keys are compared as JSON text, so `1` and `"1"` are the same
key, and so are `yes` and `true`. A key that overrides one from a merge (`<<`) is fine.

## Why it matters

YAML readers disagree on which of the two counts. kustomize and the API server's strict decoder refuse the
document; others silently drop one value, which is often the one that was just added.

## Example

```yaml
resources:
  limits:
    nvidia.com/gpu: 1
  limits:
    nvidia.com/gpu: 2
```

## Use instead

Keep one of the two:

```yaml
resources:
  limits:
    nvidia.com/gpu: 2
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import TextProblem
from nimfleet.rules.yaml import hit_of


@rule(
    "yaml/duplicate-key",
    subject=TextProblem,
    severity=Severity.ERROR,
    source="Kubernetes strict field validation; go-yaml v3 in kustomize: `mapping key already defined`",
)
def check(subject: TextProblem) -> Iterator[Hit]:
    """Hits of problems with the code ``duplicate-key``."""
    if subject.problem.code == "duplicate-key":
        yield hit_of(subject.problem)
