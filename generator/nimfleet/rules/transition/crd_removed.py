"""A custom resource definition is removed, and every object of its kind goes.

## What it checks

CustomResourceDefinitions that the base has and that are no longer here.

## Why it matters

Deleting a CRD deletes every object of its kind in the whole cluster, also those that Git knows nothing of. A chart
that brings the CRD from now on makes it anew, but not the objects.

## Example

```yaml
# removed
kind: CustomResourceDefinition
metadata:
  name: nimservices.apps.nvidia.com
```

## Use instead

Annotate it with `kustomize.toolkit.fluxcd.io/prune: disabled` and let Flux apply that before removing it here. Remove
the objects first when they are to go.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Fate, Removal, at
from nimfleet.rules.transition.words import some


@rule(
    "transition/crd-removed",
    subject=Removal,
    severity=Severity.WARNING,
    source="Kubernetes: custom resource definitions; Flux: garbage collection",
)
def check(subject: Removal) -> Iterator[Hit]:
    """CRDs that are gone."""
    identity = subject.before.id
    if identity.kind != "CustomResourceDefinition" or subject.fate is Fate.LEFT:
        return
    group, kind = (str(at(subject.before.value, "spec", *path)) for path in (("group",), ("names", "kind")))
    users = list(subject.cluster.has(group, kind))
    message = (
        f"CustomResourceDefinition {identity.name} is in {subject.base} but no longer here: {subject.what_happens}, and "
        f"with it every {kind} of the cluster"
    )
    if users:
        message += f"; still here: {some(users)}"
    message += "; to keep it, annotate it with kustomize.toolkit.fluxcd.io/prune: disabled one commit before"
    yield Hit(subject.place, message, str(identity))
