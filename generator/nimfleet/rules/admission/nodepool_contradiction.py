"""The requirements of a NodePool leave no value for a label.

## What it checks

`In` and `NotIn` of one key in `requirements` of a NodePool, and the template's label of that key, have at
least one value in common.

## Why it matters

Karpenter takes requirements of one key together. Where nothing is left, no instance type fits, and the
NodePool makes no nodes; Karpenter only says so where pods wait.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      requirements:
        - key: topology.kubernetes.io/zone
          operator: In
          values: [us-west-2a]
        - key: topology.kubernetes.io/zone
          operator: NotIn
          values: [us-west-2a]
```

## Use instead

```yaml
requirements:
  - key: topology.kubernetes.io/zone
    operator: In
    values: [us-west-2a, us-west-2b]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.scheduling.labels import normal
from nimfleet.cluster.scheduling.requirement import is_open
from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, sequence, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodePool


@rule(
    "admission/nodepool-contradiction",
    subject=AdmittedNodePool,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/scheduling/requirements.go: requirements of one key are intersected"
    ),
)
def check(subject: AdmittedNodePool) -> Iterator[Hit]:
    """The first requirement of each key that leaves nothing."""
    template = get(subject.spec, "template")
    allowed: dict[str, set[str]] = {}
    refused: dict[str, set[str]] = {}
    for name, value in mapping(get(template, "metadata", "labels")).items():
        if isinstance(value, str) and not is_open(value):
            allowed[normal(name)] = {value}
    reported: set[str] = set()
    for index, requirement in enumerate(sequence(get(template, "spec", "requirements"))):
        key = normal(text(get(requirement, "key")))
        values = {str(value) for value in sequence(get(requirement, "values"))}
        if any(map(is_open, values)):
            continue
        operator = get(requirement, "operator")
        if operator == "In" and values:
            allowed[key] = allowed.get(key, values) & values
        elif operator == "NotIn":
            refused.setdefault(key, set()).update(values)
        else:
            continue
        if key in allowed and key not in reported and not allowed[key] - refused.get(key, set()):
            reported.add(key)
            message = f"what is asked of {key} leaves no value: no node can be made"
            yield hit(subject, message, "template", "spec", "requirements", index)
