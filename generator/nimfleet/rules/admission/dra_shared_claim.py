"""Several pods would share one resource claim.

## What it checks

An entry of `draResources` with `resourceClaimName`, in a NIMService or an enabled service of a NIMPipeline,
goes with at most one replica and without autoscaling, and is there once.

## Why it matters

The operator's webhook refuses the object: a claim is one allocation of devices, which every replica would
use at once.

## Example

```yaml
kind: NIMService
spec:
  replicas: 2
  draResources:
    - resourceClaimName: gpu
```

## Use instead

```yaml
spec:
  replicas: 2
  draResources:
    - resourceClaimTemplateName: gpu
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import enabled, get, hit, sequence, text, whole
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/dra-shared-claim",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateDRAResourcesConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Claims by name that are used more than once."""
    replicas = whole(get(subject.spec, "replicas"))
    seen: set[str] = set()
    for index, entry in enumerate(sequence(get(subject.spec, "draResources"))):
        name = text(get(entry, "resourceClaimName"))
        if not name:
            continue
        at = ("draResources", index, "resourceClaimName")
        if replicas is not None and replicas > 1:
            message = f"{replicas} replicas would share the claim '{name}': use `resourceClaimTemplateName`"
            yield hit(subject, message, *at)
        elif enabled(subject.spec, "scale"):
            message = f"replicas of an autoscaler would share the claim '{name}': use `resourceClaimTemplateName`"
            yield hit(subject, message, *at)
        if name in seen:
            yield hit(subject, f"the claim '{name}' is there twice", *at)
        seen.add(name)
