"""The name of a NIMService's Service is set, and ignored.

## What it checks

`expose.service.name` of a NIMService, or of an enabled service of a NIMPipeline, is not set, or equals the
name of the NIMService.

## Why it matters

The Service always has the name of the NIMService. Clients that use the other name find nothing.

## Example

```yaml
kind: NIMService
metadata:
  name: llama
spec:
  expose:
    service:
      name: chat
```

## Use instead

Name the NIMService as the Service shall be called.

```yaml
metadata:
  name: chat
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-service-name",
    subject=AdmittedService,
    severity=Severity.WARNING,
    source="NVIDIA k8s-nim-operator 3.1.2, api/apps/v1alpha1/nimservice_types.go, GetServiceParams",
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Another name than the Service gets."""
    name = text(get(subject.spec, "expose", "service", "name"))
    if name and name != text(subject.name):
        message = f"the operator ignores this name: the Service is called '{text(subject.name)}', as the NIMService"
        yield hit(subject, message, "expose", "service", "name")
