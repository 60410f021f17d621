"""A NIMCache asks for a quality of service that profiles do not have.

## What it checks

`source.ngc.model.qosProfile` of a NIMCache is `latency` or `throughput`.

## Why it matters

The operator's webhook refuses the object. Without the webhook, no profile matches, and nothing is
downloaded.

## Example

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      model:
        qosProfile: balanced
```

## Use instead

```yaml
model:
  qosProfile: throughput
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache
from nimfleet.suggest import did_you_mean

_KNOWN = ("latency", "throughput")


@rule(
    "admission/nimcache-qos-profile",
    subject=AdmittedCache,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimcache_webhook_validation_helper.go, isValidQoSProfile"
    ),
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """Other values."""
    value = text(get(subject.spec, "source", "ngc", "model", "qosProfile"))
    if value and value not in _KNOWN:
        message = f"'{value}' is no quality of service; it is latency or throughput.{did_you_mean(value, _KNOWN)}"
        yield hit(subject, message, "source", "ngc", "model", "qosProfile")
