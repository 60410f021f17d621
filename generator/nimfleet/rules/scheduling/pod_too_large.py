"""A pod is larger than every node that it may run on.

## What it checks

What a pod requests (CPU, memory, GPUs, a place among the node's pods) fits on one of the instance types that its node
selector and the NodePool allow, beside the DaemonSets that run there, and after what Karpenter knows to be kept back:
the VM's own memory (7.5 %), the kubelet's share and the eviction threshold.

## Why it matters

A g6.xlarge has 16 GiB, of which pods can have less than 14. A request of 16Gi fits nowhere on it: Karpenter buys no
node, and the pod stays Pending.

## Example

```yaml
kind: NIMService
spec:
  nodeSelector:
    node.kubernetes.io/instance-type: g6.xlarge
  resources:
    requests:
      memory: 16Gi
```

## Use instead

```yaml
resources:
  requests:
    memory: 12Gi
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, report


@rule(
    "scheduling/pod-too-large",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "karpenter-provider-aws 1.14.1, pkg/providers/instancetype/types.go: allocatable is capacity less overhead"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Requests beyond every instance type."""
    yield from report(cluster, Reason.SIZE)
