"""The replicas cannot be spread as far as they ask for.

## What it checks

Pod anti-affinity and topology spread constraints with `DoNotSchedule` leave a place for every replica in the zones in
which a NodePool makes nodes.

## Why it matters

With required anti-affinity by zone there are at most as many replicas as zones. The others stay Pending, and the
Deployment or NIMService is never complete.

## Example

```yaml
kind: Deployment
spec:
  replicas: 4
  template:
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - topologyKey: topology.kubernetes.io/zone   # with NodePools in three zones
```

## Use instead

```yaml
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: topology.kubernetes.io/zone
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import Reason, report


@rule(
    "scheduling/spread-impossible",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/controllers/provisioning/scheduling; Kubernetes: pod topology "
        "spread, inter-pod anti-affinity"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Replicas without a place."""
    yield from report(cluster, Reason.SPREAD)
