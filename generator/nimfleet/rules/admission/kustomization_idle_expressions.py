"""The health expressions of a Flux Kustomization are never asked.

## What it checks

A Kustomization with `healthCheckExprs` has `wait: true`, or `healthChecks`.

## Why it matters

Without, Flux does not wait for anything, and what depends on the Kustomization goes ahead at once.

## Example

```yaml
kind: Kustomization
spec:
  healthCheckExprs:
    - apiVersion: apps.nvidia.com/v1alpha1
      kind: NIMCache
      current: status.state == 'Ready'
```

## Use instead

```yaml
wait: true
healthCheckExprs:
  - apiVersion: apps.nvidia.com/v1alpha1
    kind: NIMCache
    current: status.state == 'Ready'
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedKustomization


@rule(
    "admission/kustomization-idle-expressions",
    subject=AdmittedKustomization,
    severity=Severity.WARNING,
    source=(
        "Flux, kustomize-controller 1.9, CRD: healthCheckExprs are evaluated only when wait or "
        "healthChecks are specified"
    ),
)
def check(subject: AdmittedKustomization) -> Iterator[Hit]:
    """Expressions without anything that asks them."""
    spec = subject.spec
    if (
        sequence(get(spec, "healthCheckExprs"))
        and get(spec, "wait") is not True
        and not sequence(get(spec, "healthChecks"))
    ):
        message = "neither `wait: true` nor `healthChecks`: Flux never evaluates these expressions"
        yield hit(subject, message, "healthCheckExprs")
