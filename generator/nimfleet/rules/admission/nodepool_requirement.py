"""A requirement of a NodePool is one that Karpenter refuses.

## What it checks

Values of `requirements` of a NodePool are values of labels (at most 63 characters); the name in a key has
at most 63, and the domain before it at most 253. With `In`, `karpenter.sh/capacity-type` names `on-demand`,
`spot` or `reserved`, and `karpenter.k8s.aws/instance-tenancy` names `default` or `dedicated`, as many of
them as `minValues` says. (Operators, numbers and empty lists are checked by the CRD.)

## Why it matters

The API server takes the NodePool, but Karpenter's own validation fails: the NodePool is not ready, and no
node is made of it.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      requirements:
        - key: karpenter.sh/capacity-type
          operator: In
          values: [ondemand]
```

## Use instead

```yaml
requirements:
  - key: karpenter.sh/capacity-type
    operator: In
    values: [on-demand]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.scheduling.requirement import is_open
from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence, text, whole
from nimfleet.rules.admission.names import LONGEST_NAME, LONGEST_PREFIX, WELL_KNOWN_VALUES, is_label_value
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodePool
from nimfleet.suggest import did_you_mean, listing


@rule(
    "admission/nodepool-requirement",
    subject=AdmittedNodePool,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/apis/v1/nodeclaim_validation.go, ValidateRequirement,"
        " validateWellKnownValues"
    ),
)
def check(subject: AdmittedNodePool) -> Iterator[Hit]:
    """Keys and values that the CRD lets pass."""
    for index, requirement in enumerate(sequence(get(subject.spec, "template", "spec", "requirements"))):
        at = ("template", "spec", "requirements", index)
        key = text(get(requirement, "key"))
        prefix, _, name = key.rpartition("/")
        if len(name) > LONGEST_NAME or len(prefix) > LONGEST_PREFIX:
            message = f"a key has at most {LONGEST_NAME} characters, and before its / at most {LONGEST_PREFIX}"
            yield hit(subject, message, *at, "key")
        values = sequence(get(requirement, "values"))
        for number, value in enumerate(values):
            if isinstance(value, str) and not is_label_value(value):
                yield hit(subject, f"'{value}' cannot be the value of a label", *at, "values", number)
        known = WELL_KNOWN_VALUES.get(key)
        if known is None or get(requirement, "operator") != "In" or not values or any(map(is_open, map(str, values))):
            continue
        good = [value for value in values if isinstance(value, str) and value in known]
        wanted = whole(get(requirement, "minValues")) or 0
        if not good:
            message = f"none of these values exists for {key}; it has {listing(known)}"
            hint = did_you_mean(str(values[0]), known)
            yield hit(subject, f"{message}.{hint}" if hint else message, *at, "values")
        elif len(good) < wanted <= len(values):
            message = f"`minValues` is {wanted}, and of these values only {listing(good)} exist for {key}"
            yield hit(subject, message, *at, "minValues")
