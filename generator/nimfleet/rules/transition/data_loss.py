"""An object that holds data is removed.

## What it checks

PersistentVolumeClaims and PersistentVolumes that the base has and that are no longer here; NIMCaches, NIMServices
and NIMPipelines whose claim the operator made (`storage.pvc.create: true`; the claim is owned, and goes with them);
StatefulSets that delete their claims. Not where the reclaim policy is known to be Retain, see
`transition/volume-left`, and not a NIMCache that its service has replaced, see `transition/cache-replaced`.

The finding stands where the object stood in the base; where that file is still here, at its first line.

## Why it matters

Flux prunes the object, and with reclaim policy Delete the volume's data goes: a model cache is downloaded again for
many gigabytes, other data is lost.

## Example

```yaml
# the file of a PersistentVolumeClaim was deleted
kind: PersistentVolumeClaim
metadata:
  name: model-store
```

## Use instead

Keep the object until nothing needs its data. To keep the volume, set `persistentVolumeReclaimPolicy: Retain` on
it first, or annotate the object with `kustomize.toolkit.fluxcd.io/prune: disabled` and let Flux apply that
before removing it.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Removal
from nimfleet.rules.transition.data import Policy, loses


@rule(
    "transition/data-loss",
    subject=Removal,
    severity=Severity.WARNING,
    source="Flux: garbage collection; Kubernetes: reclaiming of persistent volumes; NIM operator 3.1.2: owner references",
)
def check(subject: Removal) -> Iterator[Hit]:
    """Objects with data that are gone."""
    policy = loses(subject)
    if policy is None or policy is Policy.RETAIN:
        return
    identity = subject.before.id
    data = (
        "and its data is lost" if policy is Policy.DELETE else "and its data is lost where the reclaim policy is Delete"
    )
    known = "; the reclaim policy of its volume is Delete" if policy is Policy.DELETE else ""
    message = f"{identity.kind} {identity.name} is in {subject.base} but no longer here: {subject.what_happens}, {data}{known}"
    if subject.successor is not None:
        message += f"; {subject.successor.id}, which is like it, is another object and begins empty"
    message += "; to keep the volume, annotate it with kustomize.toolkit.fluxcd.io/prune: disabled one commit before"
    yield Hit(subject.place, message, str(identity))
