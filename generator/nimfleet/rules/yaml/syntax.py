"""The file is not YAML that the API server can read.

## What it checks

Each document is read the way the API server reads it. What its reader refuses is refused here, with the
line and column: broken indentation, tabs, control characters, keys that are not text, unknown or
self-containing aliases, alias bombs, nesting beyond reason, `.inf` and `.nan` (which have no JSON form),
and values that their explicit tag does not fit.

## Why it matters

Flux stops at the first file that it cannot read, and nothing of the whole Kustomization is applied.

## Example

```yaml
metadata:
  name: nim
 labels:
   app: nim
```

## Use instead

```yaml
metadata:
  name: nim
  labels:
    app: nim
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import TextProblem
from nimfleet.rules.yaml import hit_of


@rule(
    "yaml/syntax",
    subject=TextProblem,
    severity=Severity.ERROR,
    source="YAML 1.1 as go-yaml v2 reads it (sigs.k8s.io/yaml, which the API server decodes with)",
)
def check(subject: TextProblem) -> Iterator[Hit]:
    """Hits of problems with the code ``syntax``."""
    if subject.problem.code == "syntax":
        yield hit_of(subject.problem)
