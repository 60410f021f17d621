"""A Flux Kustomization depends on itself.

## What it checks

No entry of `dependsOn` of a Kustomization names that Kustomization.

## Why it matters

Flux waits until every dependency is ready before it applies a Kustomization. This one never is.

## Example

```yaml
kind: Kustomization
metadata:
  name: models
spec:
  dependsOn:
    - name: models
```

## Use instead

```yaml
dependsOn:
  - name: controllers
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedKustomization


@rule(
    "admission/kustomization-self-dependency",
    subject=AdmittedKustomization,
    severity=Severity.ERROR,
    source="Flux, kustomize-controller 1.9, checkDependencies",
)
def check(subject: AdmittedKustomization) -> Iterator[Hit]:
    """Dependencies with the object's own name."""
    own = (subject.object.id.namespace, subject.object.id.name)
    for index, entry in enumerate(sequence(get(subject.spec, "dependsOn"))):
        namespace = text(get(entry, "namespace")) or subject.object.id.namespace
        if (namespace, text(get(entry, "name"))) == own:
            message = "this depends on itself: it waits to be ready before it is applied, for ever"
            yield hit(subject, message, "dependsOn", index)
