"""No pod of the cluster can run on a pool.

## What it checks

Where a whole cluster is known, and some pod of it requests a GPU or another device, a pod fits on every NodePool of
GPU (or Neuron) nodes that keeps other pods away with a taint.

## Why it matters

Karpenter makes nodes only for pods that wait, so that the pool costs nothing. But somebody made it for a model, and
that one is missing, or selects another pool.

## Example

```yaml
kind: NodePool
metadata:
  name: p5
spec:
  template:
    spec:
      taints:
        - key: nvidia.com/gpu   # and no pod that tolerates it and asks for its GPUs
          effect: NoSchedule
```

## Use instead

Remove the NodePool, or let a model select it:

```yaml
nodeSelector:
  karpenter.sh/nodepool: p5
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.models import GPU, NEURON
from nimfleet.cluster.pods.model import Role
from nimfleet.cluster.scheduling.gather import pools
from nimfleet.cluster.scheduling.schedule import barren, schedule
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.devices import has_only
from nimfleet.rules.scheduling.misfits import Reason, misfits, wants_accelerator


@rule(
    "scheduling/pool-unused",
    subject=Cluster,
    severity=Severity.INFO,
    source="Karpenter 1.14, NodePools, taints",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Tainted pools on which nothing fits, unless something was meant to."""
    if cluster.world is not World.COMPLETE:
        return
    placements = cluster.once(schedule).placements
    if not any(wants_accelerator(placement.pods) for placement in placements):
        return  # models are still to come
    used = set(cluster.once(barren))
    for placement in placements:
        if placement.pods.role is not Role.DAEMON:
            used.update(id(verdict.object) for verdict in placement.verdicts if verdict.offers)
    found = cluster.once(misfits)
    used.update(id(misfit.verdict.object) for reason in Reason for misfit in found.get(reason, ()))
    for pool in cluster.once(pools):
        item = pool.object
        if item is None or id(item) in used or not pool.view.taints:
            continue
        if has_only(pool, GPU) or has_only(pool, NEURON):
            message = (
                f"no pod of this cluster fits on NodePool `{pool.view.name}`: remove it, or let a model select it with "
                f"`karpenter.sh/nodepool: {pool.view.name}`"
            )
            yield hit(item, message)
