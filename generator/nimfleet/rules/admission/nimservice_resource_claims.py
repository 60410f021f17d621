"""A NIMService has claims under `resources`.

## What it checks

`resources.claims` of a NIMService, or of an enabled service of a NIMPipeline, is not set, not even to an
empty list.

## Why it matters

The operator's webhook refuses the object: it writes the claims itself, from `draResources`.

## Example

```yaml
kind: NIMService
spec:
  resources:
    claims:
      - name: gpu
```

## Use instead

```yaml
draResources:
  - resourceClaimTemplateName: gpu
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-resource-claims",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateResourcesConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Claims in the wrong place."""
    if get(subject.spec, "resources", "claims") is not None:
        message = "the operator's webhook refuses `resources.claims`: claims belong in `draResources`"
        yield hit(subject, message, "resources", "claims")
