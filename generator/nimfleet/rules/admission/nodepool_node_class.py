"""A NodePool refers to a kind of node class that nobody serves.

## What it checks

`nodeClassRef` of a NodePool has the group `karpenter.k8s.aws` where its kind is `EC2NodeClass`, and the
other way round.

## Why it matters

The API server takes any group and kind. Karpenter passes over NodePools that are not for its provider
without a word: no node is ever made of it.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      nodeClassRef:
        group: karpenter.sh
        kind: EC2NodeClass
        name: gpu
```

## Use instead

```yaml
nodeClassRef:
  group: karpenter.k8s.aws
  kind: EC2NodeClass
  name: gpu
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodePool

_GROUP, _KIND = "karpenter.k8s.aws", "EC2NodeClass"


@rule(
    "admission/nodepool-node-class",
    subject=AdmittedNodePool,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/utils/nodepool IsManaged; karpenter-provider-aws "
        "1.14.1, GetSupportedNodeClasses"
    ),
)
def check(subject: AdmittedNodePool) -> Iterator[Hit]:
    """Half of the reference that Karpenter on AWS serves."""
    reference = get(subject.spec, "template", "spec", "nodeClassRef")
    group, kind = text(get(reference, "group")), text(get(reference, "kind"))
    if not group or not kind or "/" in group or (group, kind) == (_GROUP, _KIND):
        return  # a version in the group is refused by the CRD
    at = ("template", "spec", "nodeClassRef")
    if kind == _KIND or group == "karpenter.sh":
        message = f"no node class is in the group {group}: Karpenter on AWS looks for {_KIND} of {_GROUP}"
        yield hit(subject, message, *at, "group")
    elif group == _GROUP:
        message = f"{_GROUP} has no node class of the kind {kind}: Karpenter passes over this NodePool; use {_KIND}"
        yield hit(subject, message, *at, "kind")
