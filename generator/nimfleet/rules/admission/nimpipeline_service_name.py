"""A service of a NIMPipeline has no name of its own.

## What it checks

Each service of a NIMPipeline that is enabled has a `name`, and no two services have the same.

## Why it matters

The name becomes that of a NIMService. Without one, creating it fails every time; with the same name, each
service overwrites the other on every pass.

## Example

```yaml
kind: NIMPipeline
spec:
  services:
    - enabled: true
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
from nimfleet.rules.admission import enabled, get, hit, sequence, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedPipeline


@rule(
    "admission/nimpipeline-service-name",
    subject=AdmittedPipeline,
    severity=Severity.ERROR,
    source=("NVIDIA k8s-nim-operator 3.1.2, internal/controller/nimpipeline_controller.go, reconcileNIMPipeline"),
)
def check(subject: AdmittedPipeline) -> Iterator[Hit]:
    """Names that are missing, or there twice."""
    seen: set[str] = set()
    for index, service in enumerate(sequence(get(subject.spec, "services"))):
        name = text(get(service, "name"))
        if not name:
            if enabled({"service": service}, "service") and get(service, "name") in (None, ""):
                message = "a service without a name: the operator cannot create a NIMService of it"
                yield hit(subject, message, "services", index, *(("name",) if get(service, "name") == "" else ()))
        elif name in seen:
            message = f"a second service of the name '{name}': both would become the same NIMService, in turns"
            yield hit(subject, message, "services", index, "name")
        seen.add(name)
