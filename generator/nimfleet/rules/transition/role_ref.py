"""The role of a RoleBinding or ClusterRoleBinding is changed.

## What it checks

`roleRef` of a binding that the base has.

## Why it matters

The API server refuses the update every time that Flux tries: a binding keeps the role it was made for.

## Example

```yaml
kind: RoleBinding
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit   # was view
```

## Use instead

A binding with another name; the old one goes in the same commit. Or the annotation
`kustomize.toolkit.fluxcd.io/force: enabled`, with which the subjects have no role for a moment.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = "give the binding another name, in the same commit"


@rule(
    "transition/role-ref",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateRoleBindingUpdate (pkg/apis/rbac/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """The role."""
    return refused(subject, "role-ref", _ADVICE)
