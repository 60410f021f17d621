"""A threshold for eviction is empty, and crashes Karpenter.

## What it checks

`kubelet.evictionHard` of an EC2NodeClass has no empty value for `memory.available` and `nodefs.available`.

## Why it matters

The CRD's pattern lets an empty value pass. Karpenter reads both as amounts when it works out what a node
has left for pods, and panics: no node is made with this class.

## Example

```yaml
kind: EC2NodeClass
spec:
  kubelet:
    evictionHard:
      memory.available: ""
```

## Use instead

```yaml
kubelet:
  evictionHard:
    memory.available: 5%
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodeClass


@rule(
    "admission/nodeclass-kubelet",
    subject=AdmittedNodeClass,
    severity=Severity.ERROR,
    source=(
        "karpenter-provider-aws 1.14.1, pkg/providers/instancetype/types.go, computeEvictionSignal (resource.MustParse)"
    ),
)
def check(subject: AdmittedNodeClass) -> Iterator[Hit]:
    """Empty thresholds that Karpenter reads."""
    thresholds = mapping(get(subject.spec, "kubelet", "evictionHard"))
    for signal in ("memory.available", "nodefs.available"):
        if thresholds.get(signal) == "":
            message = f"an empty threshold for {signal} is no amount, and crashes Karpenter: write 100Mi, or 5%"
            yield hit(subject, message, "kubelet", "evictionHard", signal)
