"""The shared memory of a NIMService is limited to nothing.

## What it checks

`storage.sharedMemorySizeLimit` of a NIMService, or of an enabled service of a NIMPipeline, is above 0.

## Why it matters

The operator's webhook refuses the object. Tensor parallelism needs shared memory; without a limit, it is
bounded by the node.

## Example

```yaml
kind: NIMService
spec:
  storage:
    sharedMemorySizeLimit: "0"
```

## Use instead

```yaml
storage:
  sharedMemorySizeLimit: 16Gi
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, is_positive
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-shared-memory",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateServiceStorageConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """A limit that is not above 0."""
    limit = get(subject.spec, "storage", "sharedMemorySizeLimit")
    if limit is not None and is_positive(limit) is False:
        message = f"`sharedMemorySizeLimit` is {limit}: the operator's webhook takes only what is above 0"
        yield hit(subject, message, "storage", "sharedMemorySizeLimit")
