"""A kustomization, or a Flux Kustomization, names a path that does not exist.

## What it checks

Every local path in a kustomization.yaml must exist, and a folder among them must have a kustomization of
its own. So must `spec.path` of every Flux Kustomization whose source is this repository: one named
`flux-system`, or one that is not declared here.

## Why it matters

The build fails on the cluster, and nothing of the Kustomization is applied. kustomize takes a missing
folder for a git address and tries to clone it.

## Example

```yaml
resources:
  - deploymnet.yaml
```

## Use instead

```yaml
resources:
  - deployment.yaml
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.repository.kustomization import BuildProblem
from nimfleet.rules.build import hit_of
from nimfleet.rules.registry import Hit, rule


@rule(
    "build/missing-path",
    subject=BuildProblem,
    severity=Severity.ERROR,
    source="kustomize: `no such file or directory`; Flux: `path not found`",
)
def check(subject: BuildProblem) -> Iterator[Hit]:
    """Problems with the code ``missing-path``."""
    if subject.code == "missing-path":
        yield hit_of(subject)
