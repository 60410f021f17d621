"""A StorageClass that exists is changed where it cannot be.

## What it checks

`provisioner`, `parameters`, `reclaimPolicy` and `volumeBindingMode` of a StorageClass that the base has.
`allowVolumeExpansion`, `mountOptions`, `allowedTopologies`, labels and annotations may change.

## Why it matters

The API server refuses the update every time that Flux tries. Nothing of that Kustomization is applied any
more, and what depends on it waits.

## Example

```yaml
kind: StorageClass
metadata:
  name: efs
provisioner: efs.csi.aws.com
reclaimPolicy: Retain   # was Delete
```

## Use instead

A class with another name, for new claims; volumes that exist keep what they were made with. Remove the old
class in a later commit, when nothing names it any more. To replace a class under its own name, annotate it with
`kustomize.toolkit.fluxcd.io/force: enabled`: Flux then deletes it and creates it anew, which touches no volume
that exists.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.transition.change import Update
from nimfleet.rules.transition.frozen import refused

_ADVICE = (
    "add a class with another name and remove this one when nothing names it, or annotate it with "
    "kustomize.toolkit.fluxcd.io/force: enabled: volumes that exist do not change with their class"
)


@rule(
    "transition/storage-class",
    subject=Update,
    severity=Severity.ERROR,
    source="Kubernetes: ValidateStorageClassUpdate (pkg/apis/storage/validation)",
)
def check(subject: Update) -> Iterator[Hit]:
    """The parts that the API server compares."""
    return refused(subject, "storage-class", _ADVICE)
