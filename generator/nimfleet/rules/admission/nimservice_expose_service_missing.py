"""A NIMService without `expose.service` crashes the operator.

## What it checks

`expose.service` of a NIMService, or of an enabled service of a NIMPipeline, is there, if only as an empty
mapping.

## Why it matters

The port's default is only set where the mapping is. Without, the controller reads a port that is not there
(a nil pointer), and ends with a panic every time: nothing of the service is created.

## Example

```yaml
kind: NIMService
spec:
  authSecret: ngc-api-secret
  # no expose
```

## Use instead

```yaml
expose:
  service:
    port: 8000
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-expose-service-missing",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source="NVIDIA k8s-nim-operator 3.1.2, api/apps/v1alpha1/nimservice_types.go, GetStandardEnv",
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """No service to take the port of."""
    spec = subject.spec
    if isinstance(spec, dict) and get(spec, "expose", "service") is None:
        where = ("expose",) if isinstance(spec.get("expose"), dict) else ()
        message = "`expose.service` is not set: the operator reads its port all the same, and crashes (nil pointer)"
        yield hit(subject, message, *where)
