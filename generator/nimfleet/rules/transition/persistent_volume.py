"""The source of a PersistentVolume is changed.

## What it checks

What a PersistentVolume of the base leads to (`csi`, `nfs`, `hostPath` and the like), its `volumeMode`, and its
`nodeAffinity` once set. Capacity, access modes, mount options and the reclaim policy may change.

## Why it matters

The API server refuses the update every time that Flux tries.

## Example

```yaml
kind: PersistentVolume
spec:
  csi:
    driver: efs.csi.aws.com
    volumeHandle: fs-2   # was fs-1
```

## Use instead

A volume with another name, and a claim that names it. Set `persistentVolumeReclaimPolicy: Retain` on the old one
before it goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = "add a volume with another name and a claim for it; set reclaim policy Retain on this one before it goes"


@rule(
    "transition/persistent-volume",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidatePersistentVolumeUpdate (pkg/apis/core/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """The parts that the API server compares."""
    return refused(subject, "persistent-volume", _ADVICE)
