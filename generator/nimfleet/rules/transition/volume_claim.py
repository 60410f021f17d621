"""A PersistentVolumeClaim is changed where it cannot be.

## What it checks

`accessModes`, `storageClassName`, `volumeName`, `volumeMode`, `selector`, `dataSource` and `dataSourceRef` of a
claim that the base has. A class or volume that was not written may be written out later: the server has filled it
in.

## Why it matters

The API server refuses the update every time that Flux tries. Forcing it would delete the claim, and its data
where the volume's reclaim policy is Delete.

## Example

```yaml
kind: PersistentVolumeClaim
metadata:
  name: model-store
spec:
  storageClassName: fsx-nim   # was efs-nim
```

## Use instead

A claim with another name; copy the data; point the workload at it; remove the old claim in a later commit.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = "add a claim with another name, copy the data, move the workload over, and remove this one later"


@rule(
    "transition/volume-claim",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidatePersistentVolumeClaimUpdate (pkg/apis/core/validation): spec is immutable but for requests",
)
def check(subject: Update) -> Iterator[Hit]:
    """The parts that the API server compares."""
    return refused(subject, "volume-claim", _ADVICE)
