"""A requirement of a NodePool has values that do nothing.

## What it checks

With `In`, every value of `karpenter.sh/capacity-type` and `karpenter.k8s.aws/instance-tenancy` exists, every instance type
and family can exist, and the zones are of one region. `Exists` and `DoesNotExist` have no `values`. (Where no value is
left at all, `scheduling/pool-makes-no-nodes` speaks.)

## Why it matters

Karpenter goes on without them: it logs the first, and says nothing of the rest. What you meant to ask for is not asked
for: a zone or an instance family less, which is missed when the others have no capacity.

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

import re
from collections import Counter
from collections.abc import Iterator

from nimfleet.cluster.scheduling.labels import INSTANCE_TYPE, NORMALIZED, ZONE
from nimfleet.cluster.scheduling.requirement import is_open
from nimfleet.cluster.scheduling.universe import may_exist, types
from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence, text
from nimfleet.rules.admission.names import WELL_KNOWN_VALUES
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodePool
from nimfleet.suggest import did_you_mean

_ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+)+-[0-9])[a-z]")


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
        if operator == "In":
            for number, message in _strange(text(get(requirement, "key")), list(map(text, values))):
                yield hit(subject, message, *at, number)


def _strange(key: str, values: list[str]) -> Iterator[tuple[int, str]]:
    """Values beside others that do something: index and message."""
    known = NORMALIZED.get(key, key)
    if known == ZONE:
        regions = Counter(match[1] for value in values if (match := _ZONE.fullmatch(value)))
        if not regions:
            return
        region = min(regions, key=lambda name: (-regions[name], name))
        if regions[region] * 2 <= sum(regions.values()) and len(regions) > 1:
            return  # as many are of another region: which one is meant is not known
        for number, value in enumerate(values):
            match = _ZONE.fullmatch(value)
            if not is_open(value) and (match is None or match[1] != region):
                near = did_you_mean(value, [f"{region}{letter}" for letter in "abcdef" if value.endswith(letter)])
                yield number, f"'{value}' is no zone of {region}, as the others are, and does nothing.{near}"
        return
    strange = [number for number, value in enumerate(values) if not is_open(value) and not may_exist(known, value)]
    if len(strange) < len(values):
        names = {instance.name if known == INSTANCE_TYPE else instance.family for instance in types()}
        for number in strange:
            value = values[number]
            what = "instance type" if known == INSTANCE_TYPE else "instance family"
            yield number, f"there is no {what} '{value}': it does nothing.{did_you_mean(value, names)}"
