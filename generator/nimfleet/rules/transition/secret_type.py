"""The type of a Secret is changed.

## What it checks

`type` of a Secret that the base has; one that is not written is `Opaque`.

## Why it matters

The API server refuses the update every time that Flux tries.

## Example

```yaml
kind: Secret
metadata:
  name: ngc-secret
type: kubernetes.io/dockerconfigjson   # was Opaque
```

## Use instead

A Secret with another name, and who uses it changed in the same commit. Or the annotation
`kustomize.toolkit.fluxcd.io/force: enabled`: the Secret is gone for a moment, and pods that start then wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = (
    "make a Secret with another name and point its users there, or annotate it with "
    "kustomize.toolkit.fluxcd.io/force: enabled"
)


@rule(
    "transition/secret-type",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateSecretUpdate (pkg/apis/core/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """The type."""
    return refused(subject, "secret-type", _ADVICE)
