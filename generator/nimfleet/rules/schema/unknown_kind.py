"""A kind or version that its API group does not have.

## What it checks

The apiVersion and kind must exist in the pinned release of the CRDs, or in the Kubernetes version of the
environment. This rule reports kinds and versions that are unknown in a group that is known, with the
nearest known ones.

## Why it matters

The API server answers "no matches for kind", and Flux stops applying the Kustomization.

## Example

```yaml
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
```

## Use instead

```yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import Unjudged


@rule(
    "schema/unknown-kind",
    subject=Unjudged,
    severity=Severity.ERROR,
    source="API discovery of Kubernetes, and the CRDs of each release in schemas/",
)
def check(subject: Unjudged) -> Iterator[Hit]:
    """Objects of a known group without a schema."""
    if subject.known_group:
        identity = subject.object.id
        message = f"{identity.api_version} has no kind {identity.kind}.{subject.hint}"
        yield Hit(subject.object.place(("kind",)), message, str(identity), ("kind",))
