"""A pod asks for a device that no pool has.

## What it checks

A pod that requests `nvidia.com/gpu`, `aws.amazon.com/neuron` or another device finds a NodePool, or a node group that
nimfleet.toml declares, whose instance types have any, and as many as the pod asks for. Fractional GPUs (g6f, gr6f)
count as none: Karpenter reports 0 GPUs for them.

## Why it matters

Karpenter buys no node for a device that none of its NodePools can have: the pod stays Pending.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      requirements:
        - key: karpenter.k8s.aws/instance-family
          operator: In
          values: [g6f]
```

## Use instead

```yaml
requirements:
  - key: karpenter.k8s.aws/instance-family
    operator: In
    values: [g6]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, report


@rule(
    "scheduling/no-accelerator",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("karpenter-provider-aws 1.14.1, pkg/providers/instancetype/types.go, and its instance type reference"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Devices that nothing has."""
    yield from report(cluster, Reason.DEVICE)
