"""A pod must be in a zone in which its pool makes no nodes.

## What it checks

The zones that a pod asks for by node selector or affinity, and those of the volumes that it mounts (a
PersistentVolume's node affinity, the `allowedTopologies` of a StorageClass), have one in common with the zones of a
NodePool that could hold it.

## Why it matters

A disk of EBS and a file system of FSx are in one zone, and a pod runs where its volume is. Where the NodePool makes no
nodes in that zone, the pod stays Pending for ever.

## Example

```yaml
kind: StorageClass
provisioner: ebs.csi.aws.com
allowedTopologies:
  - matchLabelExpressions:
      - key: topology.kubernetes.io/zone
        values: [us-east-1a]   # while the NodePool is in us-east-1b
```

## Use instead

```yaml
allowedTopologies:
  - matchLabelExpressions:
      - key: topology.kubernetes.io/zone
        values: [us-east-1b]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, report


@rule(
    "scheduling/zone-conflict",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/controllers/provisioning/scheduling; Kubernetes: volume topology"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Zones without one in common."""
    yield from report(cluster, Reason.ZONE)
