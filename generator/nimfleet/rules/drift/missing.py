"""A file that environment.yaml asks for has not been rendered.

## What it checks

Every file that the environment renders to must be on disk.

## Why it matters

The cluster does not get what environment.yaml says.

## Example

```yaml
# clusters/prod/environment.yaml has a model that was never rendered
models:
  new-model:
    model: meta/llama-3.1-8b-instruct
```

## Use instead

```sh
nimfleet render prod
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Drift


@rule(
    "drift/missing",
    subject=Drift,
    severity=Severity.ERROR,
    source="`nimfleet render`: the tree is a function of environment.yaml and nimfleet's version",
)
def check(subject: Drift) -> Iterator[Hit]:
    """Files of this kind of drift."""
    if subject.kind == "missing":
        yield Hit(subject.place, f"environment.yaml asks for {subject.file}, which is not there; run `nimfleet render`")
