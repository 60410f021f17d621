"""An immutable ConfigMap or Secret is changed.

## What it checks

`data`, `binaryData`, `stringData` and `immutable` of a ConfigMap or Secret that is `immutable: true` in the base.
Making a mutable one immutable is fine.

## Why it matters

The API server refuses the update every time that Flux tries, also one that only takes `immutable` away.

## Example

```yaml
kind: ConfigMap
metadata:
  name: prompts
immutable: true
data:
  system: Be brief.   # was another text
```

## Use instead

A name that changes with the content: kustomize's `configMapGenerator` and `secretGenerator` put a digest into
it and change who refers to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = "give it a name that changes with its content, as kustomize's generators do"


@rule(
    "transition/immutable-config",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateConfigMapUpdate, ValidateSecretUpdate (pkg/apis/core/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """Its data, and the mark itself."""
    return refused(subject, "immutable-config", _ADVICE)
