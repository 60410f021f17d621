"""The selector of a Deployment, ReplicaSet or DaemonSet is changed.

## What it checks

`spec.selector` of a Deployment, ReplicaSet or DaemonSet that the base has. Labels that kustomize adds to selectors
(`commonLabels`, `includeSelectors: true`) count.

## Why it matters

The API server refuses the update every time that Flux tries. With force, the old pods go before new ones are
ready.

## Example

```yaml
kind: Deployment
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: web   # was app: web
```

## Use instead

Another name for the new workload: let the Service select both, then remove the old one in a later commit. For
labels that are only to be seen, kustomize's `labels` without `includeSelectors`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = (
    "give the new workload another name and remove this one later; labels that are only to be seen need not be "
    "in the selector"
)


@rule(
    "transition/workload-selector",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateDeploymentUpdate and its like (pkg/apis/apps/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """The selector."""
    return refused(subject, "workload-selector", _ADVICE)
