"""One pod needs more than its pool may ever have.

## What it checks

The smallest node on which a pod fits is within `spec.limits` of the NodePool. (Whether all replicas are within them is
`scheduling/limit-below-replicas`.)

## Why it matters

Karpenter makes no node that would go beyond the limits of its NodePool. With a limit of zero, or below the size of the
only instance type that fits, not even the first pod ever runs.

## Example

```yaml
kind: NodePool
spec:
  limits:
    nvidia.com/gpu: "4"   # while the pod needs a p5.48xlarge, with 8
```

## Use instead

```yaml
limits:
  nvidia.com/gpu: "8"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, report


@rule(
    "scheduling/pod-above-limit",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/controllers/provisioning/scheduling, and pkg/apis/v1/nodepool.go, "
        "Limits.ExceededBy"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Limits in the way."""
    yield from report(cluster, Reason.LIMIT)
