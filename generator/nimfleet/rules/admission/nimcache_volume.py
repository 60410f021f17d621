"""The volume of a NIMCache can be neither found nor created.

## What it checks

`storage.pvc` of a NIMCache: `create: true` or the name of a claim; with `create`, a `size` that is an
amount and a `volumeAccessMode`; an access mode that exists.

## Why it matters

The operator's webhook refuses a claim without `create` and name, and unknown access modes. A claim without
size or access mode passes, and then fails to be created every time: nothing is downloaded, and what waits
for the cache waits for ever.

## Example

```yaml
kind: NIMCache
spec:
  storage:
    pvc:
      create: true
      volumeAccessMode: ReadWriteMany
```

## Use instead

```yaml
storage:
  pvc:
    create: true
    size: 50Gi
    volumeAccessMode: ReadWriteMany
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import volume_faults
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache


@rule(
    "admission/nimcache-volume",
    subject=AdmittedCache,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimcache_webhook_validation_helper.go, validatePVCConfiguration;"
        " internal/shared ConstructPVC"
    ),
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """What is wrong with the claim."""
    yield from volume_faults(subject, "storage", "pvc")
