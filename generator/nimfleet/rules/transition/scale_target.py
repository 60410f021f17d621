"""A HorizontalPodAutoscaler is pointed at another workload.

## What it checks

`spec.scaleTargetRef` of a HorizontalPodAutoscaler that the base has.

## Why it matters

The change is taken. The old workload keeps the number of replicas that it has at that moment; the new one is scaled
from now on, so that a `replicas` in its manifest would be reset with every change that Flux applies.

## Example

```yaml
kind: HorizontalPodAutoscaler
spec:
  scaleTargetRef:
    kind: Deployment
    name: web-2   # was web
```

## Use instead

Nothing, when it is meant. Leave `replicas` out of the workload that is scaled.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update, at
from nimfleet.rules.transition.frozen import narrowed


@rule(
    "transition/scale-target",
    subject=Update,
    severity=Severity.INFO,
    source="Kubernetes: HorizontalPodAutoscaler, spec.scaleTargetRef is mutable",
)
def check(subject: Update) -> Iterator[Hit]:
    """The target, when it differs."""
    identity = subject.after.id
    if (identity.group, identity.kind) != ("autoscaling", "HorizontalPodAutoscaler"):
        return
    old, new = (at(value, "spec", "scaleTargetRef") for value in (subject.old, subject.new))
    if old != new:
        where = narrowed(("spec", "scaleTargetRef"), old, new)
        message = (
            f"{identity.name} scales {at(new, 'kind')} {at(new, 'name')}, and in {subject.base} "
            f"{at(old, 'kind')} {at(old, 'name')}, which keeps the replicas that it has"
        )
        yield Hit(subject.place(where), message, str(identity), where)
