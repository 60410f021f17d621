"""An environment.yaml that cannot be rendered.

## What it checks

environment.yaml is checked as `nimfleet render` checks it: known keys, types, models and pools that exist,
and a plan that fits.

## Why it matters

Nothing can be rendered, so the generated tree cannot follow the file.

## Example

```yaml
models:
  llama:
    model: meta/llama-3.1-8b-instruct
    poool: g5
```

## Use instead

```yaml
models:
  llama:
    model: meta/llama-3.1-8b-instruct
    pool: g5
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.manifest.pointer import from_json_pointer
from nimfleet.report.finding import Severity
from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import IntentProblem


@rule(
    "intent/invalid",
    subject=IntentProblem,
    severity=Severity.ERROR,
    source="nimfleet's environment format, version 1",
)
def check(subject: IntentProblem) -> Iterator[Hit]:
    """Every problem of the file."""
    problem = subject.problem
    place = Place(problem.file, problem.line, problem.column)
    yield Hit(place, problem.message, pointer=from_json_pointer(problem.pointer))
