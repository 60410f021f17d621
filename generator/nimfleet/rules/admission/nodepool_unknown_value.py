"""A requirement of a NodePool has values that do nothing.

## What it checks

With `In`, every value of `karpenter.sh/capacity-type` and `karpenter.k8s.aws/instance-tenancy` exists.
`Exists` and `DoesNotExist` have no `values`.

## Why it matters

Karpenter goes on without them: it logs the first, and says nothing of the second. What you meant to ask for
is not asked for.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      requirements:
        - key: karpenter.sh/capacity-type
          operator: In
          values: [on-demand, spto]
```

## Use instead

```yaml
requirements:
  - key: karpenter.sh/capacity-type
    operator: In
    values: [on-demand, spot]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.scheduling.requirement import is_open
from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence, text
from nimfleet.rules.admission.names import WELL_KNOWN_VALUES
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodePool
from nimfleet.suggest import did_you_mean


@rule(
    "admission/nodepool-unknown-value",
    subject=AdmittedNodePool,
    severity=Severity.WARNING,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/apis/v1/nodeclaim_validation.go, "
        "validateWellKnownValues; pkg/scheduling/requirement.go"
    ),
)
def check(subject: AdmittedNodePool) -> Iterator[Hit]:
    """Some unknown values, and values of operators that have none."""
    for index, requirement in enumerate(sequence(get(subject.spec, "template", "spec", "requirements"))):
        at = ("template", "spec", "requirements", index, "values")
        operator = get(requirement, "operator")
        values = sequence(get(requirement, "values"))
        if operator in ("Exists", "DoesNotExist") and values:
            yield hit(subject, f"{operator} has no values: Karpenter does not look at them", *at)
        known = WELL_KNOWN_VALUES.get(text(get(requirement, "key")))
        if operator == "In" and known and not known.isdisjoint(map(text, values)):
            for number, value in enumerate(values):
                if text(value) not in known and not is_open(text(value)):
                    message = f"'{value}' does not exist, and does nothing.{did_you_mean(str(value), known)}"
                    yield hit(subject, message, *at, number)
