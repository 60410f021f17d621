"""A NIMService of no replicas never becomes ready.

## What it checks

`replicas` of a NIMService, or of an enabled service of a NIMPipeline, is not 0.

## Why it matters

The operator waits for an available pod. What waits for the service, such as a Flux health check or the
NIMPipeline, runs into its timeout.

## Example

```yaml
kind: NIMService
spec:
  replicas: 0
```

## Use instead

Remove the model for as long as it is not needed; its NIMCache keeps the weights. In a NIMPipeline, set
`enabled: false`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, whole
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-zero-replicas",
    subject=AdmittedService,
    severity=Severity.WARNING,
    source=("NVIDIA k8s-nim-operator 3.1.2, internal/controller/platform/standalone/nimservice.go, isDeploymentReady"),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """No replicas."""
    if whole(get(subject.spec, "replicas")) == 0:
        message = "with `replicas: 0` the service never becomes ready, and what waits for it fails"
        yield hit(subject, message, "replicas")
