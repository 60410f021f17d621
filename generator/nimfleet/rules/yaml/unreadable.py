"""A file or folder cannot be read.

## What it checks

Every YAML file below the given paths must be a regular file in UTF-8, of at most 16 MiB, that can be
opened. A symbolic link must lead to something inside the repository: what is outside is never read.

## Why it matters

What cannot be read cannot be checked, and is not passed over in silence. Flux refuses an artifact with
links that leave it.

## Example

```yaml
# manifest.yaml, saved as Latin-1: byte 0xe9 is not UTF-8
annotations:
  note: caf\xe9
```

## Use instead

Save the file as UTF-8, fix its permissions, or copy the target of the link into the repository.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import TextProblem
from nimfleet.rules.yaml import hit_of


@rule(
    "yaml/unreadable",
    subject=TextProblem,
    severity=Severity.ERROR,
    source="kustomize and Flux read files as UTF-8; Flux refuses symbolic links out of the repository",
)
def check(subject: TextProblem) -> Iterator[Hit]:
    """Hits of problems with the code ``unreadable``."""
    if subject.problem.code == "unreadable":
        yield hit_of(subject.problem)
