"""An object got another name or namespace: it is made anew, not moved.

## What it checks

A NIMService, NIMPipeline, Service, Ingress, StatefulSet, NodePool or EC2NodeClass that the base has is gone, and a
new one of the same kind says nearly the same under another name or in another namespace.

## Why it matters

Kubernetes renames nothing. Flux creates the new object first and then deletes the old one: both are there for a
while and need GPUs or addresses at the same time, and whoever calls the old name gets no answer from then on.

## Example

```yaml
kind: NIMService
metadata:
  name: llama-3        # was llama
  namespace: nim
```

## Use instead

Two commits: add the new one; move its callers over; remove the old one when nothing calls it any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import NIM, Fate, Removal

_CONSEQUENCES = {
    (NIM, "NIMService"): "its address changes, and both need GPUs while the new one starts",
    (NIM, "NIMPipeline"): "its services are stopped, and those of the new one start anew",
    ("", "Service"): "its address and DNS name change",
    ("networking.k8s.io", "Ingress"): "its rules are gone until the new one has them",
    ("apps", "StatefulSet"): "its claims do not follow: the new one begins empty",
    ("karpenter.sh", "NodePool"): "all its nodes are drained and bought anew",
    ("karpenter.k8s.aws", "EC2NodeClass"): "all its nodes are drained and bought anew",
}


@rule(
    "transition/renamed",
    subject=Removal,
    severity=Severity.WARNING,
    source="Flux: garbage collection follows the apply",
)
def check(subject: Removal) -> Iterator[Hit]:
    """Pairs that look like one object."""
    old, new = subject.before.id, subject.successor
    consequence = _CONSEQUENCES.get((old.group, old.kind))
    if new is None or consequence is None or subject.fate is Fate.LEFT:
        return
    what = "in another namespace" if new.id.name == old.name else "under another name"
    message = (
        f"{new.id} looks like {old} of {subject.base} {what}. Nothing is moved: a new object is made, and for the old one, "
        f"{subject.what_happens}; {consequence}. Add the new one first, and remove the old one when nothing needs it"
    )
    yield Hit(new.object.place(("metadata", "name")), message, str(new.id), ("metadata", "name"))
