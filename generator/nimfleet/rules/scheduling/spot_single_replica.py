"""The only replica of a service may run on spot.

## What it checks

A service with GPUs that can run with one replica (one by itself, or as the minimum of its autoscaler) gets no spot
node: the NodePool on which it lands allows `on-demand` or `reserved` only, or the pod selects them. Where a NodePool
allows both, Karpenter takes spot.

## Why it matters

AWS takes a spot node back with a warning of two minutes. A model takes ten minutes and more to start on the next one,
if there is one: until then nobody serves.

## Example

```yaml
kind: NIMService
spec:
  replicas: 1
  nodeSelector:
    karpenter.sh/nodepool: g5   # with capacity-type spot
```

## Use instead

```yaml
replicas: 2
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import Role
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.manifest.walk import items
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import called, wants_accelerator


@rule(
    "scheduling/spot-single-replica",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter 1.14, NodePools, karpenter.sh/capacity-type: spot comes before on-demand; EC2: spot interruption notices",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """One replica, and spot among what it may get."""
    for placement in cluster.once(schedule).placements:
        pods = placement.pods
        if placement.chosen is None or pods.role is not Role.REPLICA or pods.replicas.minimum != 1:
            continue
        verdict, offer = placement.chosen
        if "spot" not in offer.capacity_types or not wants_accelerator(pods) or not _is_asked(verdict.object):
            continue
        message = (
            f"{called(pods)} is the only one, and NodePool `{verdict.pool}` makes spot nodes, which AWS takes back "
            "within two minutes: "
            "run two replicas, or select `karpenter.sh/capacity-type: on-demand`"
        )
        yield hit(pods.owner, message, pods.pointer("replicas"))


def _is_asked(pool: KubeObject | None) -> bool:
    """Whether a NodePool says anything about capacity types; without, releases of Karpenter differ."""
    requirements = items(pool.value, "spec", "template", "spec", "requirements") if pool is not None else ()
    return any(requirement.get("key") == "karpenter.sh/capacity-type" for _, requirement in requirements)
