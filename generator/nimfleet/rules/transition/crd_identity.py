"""The scope or the names of a custom resource are changed.

## What it checks

`spec.scope`, `spec.group`, `spec.names.kind` and `spec.names.plural` of a CustomResourceDefinition that the base
has.

## Why it matters

The API server refuses the update every time that Flux tries. Forcing it deletes the CRD, and with it every object
of its kind.

## Example

```yaml
kind: CustomResourceDefinition
spec:
  scope: Cluster   # was Namespaced
```

## Use instead

A new kind (or group), its objects written anew, and the old kind removed when nothing uses it any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = "make it a new kind, write its objects anew, and remove this one when nothing uses it"


@rule(
    "transition/crd-identity",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateCustomResourceDefinitionUpdate (apiextensions-apiserver)",
)
def check(subject: Update) -> Iterator[Hit]:
    """What makes it the kind that it is."""
    return refused(subject, "crd-identity", _ADVICE)
