"""A NIMCache has no volume.

## What it checks

`storage.pvc` of a NIMCache sets something. `storage.hostPath` is deprecated, and not enough.

## Why it matters

The operator's webhook refuses the object.

## Example

```yaml
kind: NIMCache
spec:
  storage:
    hostPath: /models
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
from nimfleet.rules.admission import get, hit, mapping
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache


@rule(
    "admission/nimcache-storage",
    subject=AdmittedCache,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimcache_webhook_validation_helper.go, "
        "validateNIMCacheStorageConfiguration"
    ),
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """A cache without claim."""
    storage = get(subject.spec, "storage")
    if isinstance(storage, dict) and all(value in (None, "", {}) for value in mapping(storage.get("pvc")).values()):
        reason = ": `hostPath` alone is refused" if storage.get("hostPath") else ""
        yield hit(subject, f"no claim for a volume in `storage.pvc`{reason}", "storage")
