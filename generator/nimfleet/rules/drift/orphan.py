"""A generated tree has no environment.yaml any more.

## What it checks

Beside the root kustomization.yaml that nimfleet has generated lies the environment.yaml that it was generated from.

## Why it matters

Flux keeps applying the tree, and nobody can change it: it is rendered from nothing.

## Example

```yaml
# clusters/prod/kustomization.yaml, models/ and flux/ are there, clusters/prod/environment.yaml is not
```

## Use instead

Restore the file from git, or remove the whole folder, in the order that the repository's README gives for an environment.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Drift


@rule(
    "drift/orphan",
    subject=Drift,
    severity=Severity.ERROR,
    source="`nimfleet render`: the tree is a function of environment.yaml and nimfleet's version",
)
def check(subject: Drift) -> Iterator[Hit]:
    """Files of this kind of drift."""
    if subject.kind == "orphan":
        yield Hit(
            subject.place,
            f"this tree was generated from {subject.environment}, which is gone: Flux keeps applying it; restore the file, or "
            "remove the environment as the README says",
        )
