"""A NIMService of several nodes is for KServe.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, with `inferencePlatform: kserve` has no `multiNode`.

## Why it matters

The operator's webhook refuses the object.

## Example

```yaml
kind: NIMService
spec:
  inferencePlatform: kserve
  multiNode:
    parallelism:
      pipeline: 2
```

## Use instead

```yaml
inferencePlatform: standalone
multiNode:
  parallelism:
    pipeline: 2
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/kserve-multi-node",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateKServeConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Several nodes on KServe."""
    if get(subject.spec, "inferencePlatform") == "kserve" and get(subject.spec, "multiNode") is not None:
        message = "`multiNode` does not go with `inferencePlatform: kserve`: use the platform standalone"
        yield hit(subject, message, "multiNode")
