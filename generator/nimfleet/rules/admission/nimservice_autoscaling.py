"""The autoscaling of a NIMService cannot work.

## What it checks

With `scale.enabled`, a NIMService, or an enabled service of a NIMPipeline, has `scale.hpa`, `maxReplicas`
of at least 1 and not below `minReplicas`. Where the pinned operator allows `minReplicas: 0`, a metric of
type External or Object is among the metrics.

## Why it matters

The operator's webhook refuses a missing `hpa`. The bounds pass, and then the API server refuses the
HorizontalPodAutoscaler that the operator makes of them, every time.

## Example

```yaml
kind: NIMService
spec:
  scale:
    enabled: true
    hpa:
      minReplicas: 3
      maxReplicas: 2
```

## Use instead

```yaml
scale:
  enabled: true
  hpa:
    minReplicas: 1
    maxReplicas: 3
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import enabled, get, hit, sequence, text, whole
from nimfleet.rules.admission.behaviour import behaviour
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-autoscaling",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateScaleConfiguration; Kubernetes, pkg/apis/autoscaling/validation; minReplicas 0 since "
        "operator 3.1.3"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """No autoscaler, and bounds that Kubernetes refuses."""
    if not enabled(subject.spec, "scale"):
        return
    hpa = get(subject.spec, "scale", "hpa")
    if hpa is None:
        yield hit(subject, "`scale.enabled` needs `scale.hpa`, at least with `maxReplicas`", "scale")
        return
    most = whole(get(hpa, "maxReplicas"))
    least = whole(get(hpa, "minReplicas"))
    if most is not None and most < 1:
        message = f"`maxReplicas` is {most}: Kubernetes takes no HorizontalPodAutoscaler below 1"
        yield hit(subject, message, "scale", "hpa", "maxReplicas")
    elif most is not None and least is not None and least > most:
        message = f"`minReplicas` is {least}, more than `maxReplicas`, {most}: Kubernetes takes no such autoscaler"
        yield hit(subject, message, "scale", "hpa", "minReplicas")
    if least == 0 and behaviour(subject.cluster.pins).scales_to_zero:
        kinds = {text(get(metric, "type")) for metric in sequence(get(hpa, "metrics"))}
        if not kinds & {"External", "Object"}:
            message = "`minReplicas: 0` needs a metric of type External or Object: without pods, others say nothing"
            yield hit(subject, message, "scale", "hpa", "minReplicas")
