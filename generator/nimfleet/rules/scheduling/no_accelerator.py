"""A pod asks for a device that no pool has.

## What it checks

A pod that requests `nvidia.com/gpu`, `aws.amazon.com/neuron` or another device finds a NodePool, or a node group that
nimfleet.toml declares, whose instance types have any, and as many as the pod asks for. Fractional GPUs (g6f, gr6f)
count as none: Karpenter reports 0 GPUs for them. Slices (MIG) and other resources that Karpenter does not know are on
no node that it makes.

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

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, called, report, wants_accelerator


@rule(
    "scheduling/no-accelerator",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("karpenter-provider-aws 1.14.1, pkg/providers/instancetype/types.go, and its instance type reference"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Devices that nothing has."""
    yield from report(cluster, Reason.DEVICE)
    if cluster.world is not World.COMPLETE or not _has_karpenter(cluster):
        return
    for placement in cluster.once(schedule).placements:
        if not placement.verdicts and wants_accelerator(placement.pods) and placement.pods.replicas.maximum:
            message = (
                f"{called(placement.pods)} asks for a GPU or another device, and there is no NodePool at all: add one"
            )
            yield hit(placement.pods.owner, message, placement.pods.pointer("resources"))


def _has_karpenter(cluster: Cluster) -> bool:
    """Whether Karpenter is to make the nodes: NodePools may otherwise come from Terraform, or nodes from EKS."""
    return bool(cluster.kind("karpenter.k8s.aws", "EC2NodeClass"))
