"""A pod tolerates none of the pools that could hold it.

## What it checks

For every pod that the objects make (of NIMService, NIMCache, NIMBuild, NIMPipeline, Deployment, StatefulSet, Job and
so on), a NodePool that it selects, and whose instance types hold it, has no taint that the pod does not tolerate.
`PreferNoSchedule` keeps no pod away. A toleration that the admission plugin ExtendedResourceToleration adds counts as
one: see `scheduling/toleration-by-admission`.

## Why it matters

Neither the scheduler nor Karpenter puts the pod on a node whose taint it does not tolerate. It stays Pending, and no
node is bought for it. The NIM operator adds no tolerations, and the download of a NIMCache requests no GPU, for which
EKS would add one.

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

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, report


@rule(
    "scheduling/taint-not-tolerated",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/controllers/provisioning/scheduling; Kubernetes: taints and "
        "tolerations"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Taints in the way."""
    yield from report(cluster, Reason.TAINT)
