"""A health expression of a Flux Kustomization is not CEL.

## What it checks

`current`, `failed` and `inProgress` of `healthCheckExprs`, and `readyExpr` of `dependsOn`, of a
Kustomization are expressions in CEL; `current` is not empty. Only the syntax is looked at.

## Why it matters

Flux stops working on the Kustomization (Stalled, InvalidCELExpression), and does not try again before it is
changed.

## Example

```yaml
kind: Kustomization
spec:
  healthCheckExprs:
    - apiVersion: apps.nvidia.com/v1alpha1
      kind: NIMCache
      current: status.state = 'Ready'
```

## Use instead

```yaml
healthCheckExprs:
  - apiVersion: apps.nvidia.com/v1alpha1
    kind: NIMCache
    current: status.state == 'Ready'
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission.expressions import expression_faults
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedKustomization


@rule(
    "admission/kustomization-expression",
    subject=AdmittedKustomization,
    severity=Severity.ERROR,
    source="Flux, fluxcd/pkg runtime/cel, NewStatusEvaluator and NewExpression; reason InvalidCELExpression",
)
def check(subject: AdmittedKustomization) -> Iterator[Hit]:
    """Expressions that cannot be parsed."""
    yield from expression_faults(subject)
