"""A service of a NIMPipeline is off without saying so.

## What it checks

Each service of a NIMPipeline sets `enabled`, to true or false.

## Why it matters

A service that does not set it is off: the operator does not create it, and deletes it if it was there. The
pipeline becomes ready all the same.

## Example

```yaml
kind: NIMPipeline
spec:
  services:
    - name: llm
      spec: {}
```

## Use instead

```yaml
services:
  - name: llm
    enabled: true
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedPipeline


@rule(
    "admission/nimpipeline-service-disabled",
    subject=AdmittedPipeline,
    severity=Severity.WARNING,
    source=("NVIDIA k8s-nim-operator 3.1.2, internal/controller/nimpipeline_controller.go, reconcileNIMPipeline"),
)
def check(subject: AdmittedPipeline) -> Iterator[Hit]:
    """Services that do not say whether they are on."""
    for index, service in enumerate(sequence(get(subject.spec, "services"))):
        if isinstance(service, dict) and service.get("enabled") is None:
            message = "`enabled` is not set, and that is off: set it to true, or to false if you mean it"
            yield hit(subject, message, "services", index)
