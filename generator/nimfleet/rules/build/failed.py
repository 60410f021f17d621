"""kustomize cannot build a folder that Flux would build.

## What it checks

Each folder that a Flux Kustomization names, and each kustomization.yaml that no other includes, is built
with the real kustomize, with the Flux Kustomization's own patches, images, namespace and substitutions. Its
error is reported.

## Why it matters

Flux reports BuildFailed and applies nothing of the whole Kustomization, also not the parts that are right.

## Example

```yaml
# kustomization.yaml
resources:
  - service.yaml
patches:
  - path: patch.yaml   # of an object that is not in service.yaml
```

## Use instead

Fix what kustomize complains about; `kustomize build FOLDER` shows the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.repository.kustomization import BuildProblem
from nimfleet.rules.build import hit_of
from nimfleet.rules.registry import Hit, rule


@rule(
    "build/failed",
    subject=BuildProblem,
    severity=Severity.ERROR,
    source="the kustomize binary, and Flux: kustomize-controller",
)
def check(subject: BuildProblem) -> Iterator[Hit]:
    """Problems with the code ``failed``."""
    if subject.code == "failed":
        yield hit_of(subject)
