"""A path leads out of the repository.

## What it checks

Paths in kustomizations and `spec.path` of Flux Kustomizations must stay inside the repository, also after
all symbolic links are followed. What is outside is not read, and the kustomization is not built.

## Why it matters

Flux only has the files of the repository: on the cluster the path does not exist, or is something else.

## Example

```yaml
resources:
  - ../../../common/namespace.yaml
```

## Use instead

Move the file into the repository and name it by its path there.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.repository.kustomization import BuildProblem
from nimfleet.rules.build import hit_of
from nimfleet.rules.registry import Hit, rule


@rule(
    "build/outside-repository",
    subject=BuildProblem,
    severity=Severity.ERROR,
    source="Flux: a path must be inside the artifact of its source",
)
def check(subject: BuildProblem) -> Iterator[Hit]:
    """Problems with the code ``outside-repository``."""
    if subject.code == "outside-repository":
        yield hit_of(subject)
