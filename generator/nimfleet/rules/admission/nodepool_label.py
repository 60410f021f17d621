"""A NodePool sets a label that Karpenter keeps for itself, or that is none.

## What it checks

Keys of `spec.template.metadata.labels` of a NodePool are names of labels (at most 63 characters after an
optional DNS prefix), and neither they nor the keys of `requirements` are `karpenter.k8s.aws/ec2nodeclass`.
(The other labels of `karpenter.sh` and `karpenter.k8s.aws`, and `kubernetes.io/hostname`, are refused by
the CRD; since Karpenter 1.9, labels of `kubernetes.io` and `k8s.io` are free.)

## Why it matters

The API server takes the NodePool, but Karpenter's own validation fails: the NodePool is not ready, and no
node is made of it.

## Example

```yaml
kind: NodePool
spec:
  template:
    metadata:
      labels:
        karpenter.k8s.aws/ec2nodeclass: gpu
```

## Use instead

Karpenter sets that label itself. Use a label of your own.

```yaml
metadata:
  labels:
    example.com/team: search
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, sequence, text
from nimfleet.rules.admission.names import qualified_name_problem
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodePool

# In a domain that Karpenter restricts, not among its well-known labels, and yet let through by the CRD's rule.
_RESTRICTED = frozenset({"karpenter.k8s.aws/ec2nodeclass"})


def _message(key: str) -> str:
    return f"Karpenter sets {key} itself, and takes no NodePool that does: it would never be ready"


@rule(
    "admission/nodepool-label",
    subject=AdmittedNodePool,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/apis/v1/nodepool_validation.go, validateLabels; "
        "labels.go, IsRestrictedLabel; karpenter-provider-aws 1.14.1, pkg/apis/v1/labels.go"
    ),
)
def check(subject: AdmittedNodePool) -> Iterator[Hit]:
    """Labels that the CRD lets pass."""
    template = get(subject.spec, "template")
    for key in mapping(get(template, "metadata", "labels")):
        problem = qualified_name_problem(str(key))
        if problem:
            yield hit(subject, f"'{key}' is no name of a label: {problem}", "template", "metadata", "labels", key)
        elif key in _RESTRICTED:
            yield hit(subject, _message(key), "template", "metadata", "labels", key)
    for index, requirement in enumerate(sequence(get(template, "spec", "requirements"))):
        key = text(get(requirement, "key"))
        if key in _RESTRICTED:
            yield hit(subject, _message(key), "template", "spec", "requirements", index, "key")
