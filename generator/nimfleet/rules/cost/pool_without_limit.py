"""A pool of GPU nodes may grow without end.

## What it checks

A NodePool on which pods that request GPUs or Neuron devices can run has `limits`.

## Why it matters

Without limits, Karpenter buys a node for every pod that waits. An autoscaler with a wrong metric, or a Job with a
wrong parallelism, then buys GPU nodes until somebody sees the bill.

## Example

```yaml
kind: NodePool
spec:
  template: {}   # and no limits
```

## Use instead

```yaml
spec:
  limits:
    nvidia.com/gpu: "8"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.manifest.walk import get, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.misfits import wants_accelerator


@rule(
    "cost/pool-without-limit",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter 1.14, NodePools, limits: without them there is none",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """GPU pools without limits, each once."""
    seen: set[int] = set()
    for placement in cluster.once(schedule).placements:
        if not wants_accelerator(placement.pods):
            continue
        for verdict in placement.verdicts:
            pool = verdict.object
            if pool is None or not verdict.offers or id(pool) in seen:
                continue
            seen.add(id(pool))
            if mapping(get(pool.value, "spec", "limits")) or get(pool.value, "spec", "replicas") is not None:
                continue
            message = (
                f"NodePool `{verdict.pool}` has no limits, and may buy GPU nodes without end: set `limits` to what all "
                "replicas take, such as "
                '`nvidia.com/gpu: "8"`'
            )
            yield hit(pool, message, ("spec",))
