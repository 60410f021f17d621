"""A NIMService does not tolerate the nodes that it selects.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, whose `nodeSelector` names a NodePool of the same
cluster with `karpenter.sh/nodepool`, tolerates that NodePool's taints, but for those that are only
preferred, and those named for a resource that it requests: EKS adds the toleration for `nvidia.com/gpu` to
pods that request GPUs.

## Why it matters

The operator adds no tolerations. No node of the pool takes the pod, and Karpenter buys none for it: it
stays Pending.

## Example

```yaml
kind: NIMService
spec:
  nodeSelector:
    karpenter.sh/nodepool: search   # with the taint team=search:NoSchedule
```

## Use instead

```yaml
tolerations:
  - key: team
    value: search
    effect: NoSchedule
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import intolerable
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-tolerations",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, internal/controller/platform/standalone/nimservice.go: no "
        "default tolerations; Kubernetes: taints and tolerations, admission plugin "
        "ExtendedResourceToleration (on EKS since 1.19)"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Taints of the selected NodePool."""
    yield from intolerable(subject)
