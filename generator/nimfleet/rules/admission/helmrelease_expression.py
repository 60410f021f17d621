"""A health expression of a HelmRelease is not CEL.

## What it checks

`current`, `failed` and `inProgress` of `healthCheckExprs`, and `readyExpr` of `dependsOn`, of a HelmRelease
are expressions in CEL; `current` is not empty. Only the syntax is looked at.

## Why it matters

Flux stops working on the HelmRelease (Stalled, InvalidCELExpression), and does not try again before it is
changed.

## Example

```yaml
kind: HelmRelease
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
from nimfleet.rules.subjects import AdmittedRelease


@rule(
    "admission/helmrelease-expression",
    subject=AdmittedRelease,
    severity=Severity.ERROR,
    source="Flux, fluxcd/pkg runtime/cel, NewStatusEvaluator and NewExpression; reason InvalidCELExpression",
)
def check(subject: AdmittedRelease) -> Iterator[Hit]:
    """Expressions that cannot be parsed."""
    yield from expression_faults(subject)
