"""Dynamic resource allocation is used on a Kubernetes that is too old for the operator.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, with `draResources` is for a cluster of Kubernetes
1.34 or newer.

## Why it matters

The operator's webhook refuses the object, and the controller sets it to failed.

## Example

```yaml
# on Kubernetes 1.33
kind: NIMService
spec:
  draResources:
    - resourceClaimTemplateName: gpu
```

## Use instead

```yaml
resources:
  limits:
    nvidia.com/gpu: 1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService

_MINIMUM = (1, 34)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:2]
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()


@rule(
    "admission/dra-kubernetes-version",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateDRAResourcesConfiguration; internal/utils MinSupportedClusterVersionForDRA"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Claims on an old cluster."""
    version = _numbers(subject.cluster.kubernetes)
    if sequence(get(subject.spec, "draResources")) and version and version < _MINIMUM:
        message = (
            f"`draResources` needs Kubernetes {'.'.join(map(str, _MINIMUM))} or newer, and this cluster has "
            f"{subject.cluster.kubernetes}: request GPUs under `resources`"
        )
        yield hit(subject, message, "draResources")
