"""The metrics of a NIMService are on, but its ServiceMonitor is empty.

## What it checks

With `metrics.enabled`, `metrics.serviceMonitor` of a NIMService, or of an enabled service of a NIMPipeline,
sets something.

## Why it matters

The operator's webhook refuses the object.

## Example

```yaml
kind: NIMService
spec:
  metrics:
    enabled: true
```

## Use instead

```yaml
metrics:
  enabled: true
  serviceMonitor:
    interval: 30s
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import enabled, get, hit, mapping
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-metrics",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateMetricsConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Metrics without a ServiceMonitor."""
    monitor = get(subject.spec, "metrics", "serviceMonitor")
    if enabled(subject.spec, "metrics") and all(value in (None, "") for value in mapping(monitor).values()):
        message = "`metrics.enabled` needs something in `metrics.serviceMonitor`, for example `interval: 30s`"
        yield hit(subject, message, "metrics")
