"""A pod asks for more local disk than its nodes have.

## What it checks

The `ephemeral-storage` that a pod requests fits on the root volume (`blockDeviceMappings` of the EC2NodeClass; 20Gi by
default) or, with `instanceStorePolicy: RAID0`, on the local disks of the instance type, less what Kubernetes keeps for
itself (1Gi and a tenth).

## Why it matters

Karpenter works out what the node will have, and buys none where that is too little: the pod stays Pending.

## Example

```yaml
kind: EC2NodeClass
spec:
  amiSelectorTerms:
    - alias: al2023@latest   # a root volume of 20Gi, of which pods can have 17Gi
```

## Use instead

```yaml
blockDeviceMappings:
  - deviceName: /dev/xvda
    ebs:
      volumeSize: 200Gi
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, report


@rule(
    "scheduling/ephemeral-storage",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "karpenter-provider-aws 1.14.1, pkg/providers/instancetype/types.go (ephemeralStorage) and "
        "pkg/providers/amifamily"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Disks that are too small."""
    yield from report(cluster, Reason.STORAGE)
