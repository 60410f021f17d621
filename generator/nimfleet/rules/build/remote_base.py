"""A kustomization fetches something from the network.

## What it checks

Resources, bases, components, patches and generator inputs must be files or folders in the repository. Such a
kustomization is not built here: nimfleet never uses the network.

## Why it matters

What a remote base brings can change under an unchanged commit, cannot be reviewed or checked, and stops the
sync when its host is away.

## Example

```yaml
resources:
  - https://github.com/example/app//config?ref=main
```

## Use instead

Copy the files into the repository, or let a Flux `GitRepository` or `OCIRepository` with a pinned version
fetch them.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.repository.kustomization import BuildProblem
from nimfleet.rules.build import hit_of
from nimfleet.rules.registry import Hit, rule


@rule(
    "build/remote-base",
    subject=BuildProblem,
    severity=Severity.ERROR,
    source="kustomize: remote targets; Flux discourages remote bases for reproducibility",
)
def check(subject: BuildProblem) -> Iterator[Hit]:
    """Problems with the code ``remote-base``."""
    if subject.code == "remote-base":
        yield hit_of(subject)
