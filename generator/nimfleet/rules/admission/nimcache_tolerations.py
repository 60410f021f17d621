"""A NIMCache does not tolerate the nodes that it selects.

## What it checks

A NIMCache whose `nodeSelector` names a NodePool of the same cluster with `karpenter.sh/nodepool` tolerates
that NodePool's taints, but for those that are only preferred.

## Why it matters

The operator adds no tolerations, and the download requests no GPU, for which EKS would add one. No node of
the pool takes the pod, and Karpenter buys none for it: the download stays Pending.

## Example

```yaml
kind: NIMCache
spec:
  nodeSelector:
    karpenter.sh/nodepool: g5   # with the taint nvidia.com/gpu:NoSchedule
```

## Use instead

```yaml
tolerations:
  - key: nvidia.com/gpu
    operator: Exists
    effect: NoSchedule
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import intolerable
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache


@rule(
    "admission/nimcache-tolerations",
    subject=AdmittedCache,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, internal/controller/nimcache_controller.go, constructJob: no "
        "default tolerations; Kubernetes: taints and tolerations"
    ),
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """Taints of the selected NodePool."""
    yield from intolerable(subject)
