"""An empty GPU node goes before its next model comes.

## What it checks

`consolidateAfter` of a NodePool with GPUs or Neuron devices whose `consolidationPolicy` is WhenEmpty is 5
minutes or more. Asked in profile production.

## Why it matters

Between two pods a node is empty for moments: a cache job has ended and its service is not there yet, a replica
is replaced, a model is tuned. The node that takes over has to be launched, and pulls an image of tens of GiB.

## Example

```yaml
kind: NodePool
spec:
  disruption:
    consolidationPolicy: WhenEmpty
    consolidateAfter: 30s
```

## Use instead

```yaml
disruption:
  consolidationPolicy: WhenEmpty
  consolidateAfter: 10m
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.duration import seconds
from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.nodes import accelerated_pools
from nimfleet.rules.registry import Hit, rule

_LEAST = 5 * 60


@rule(
    "policy/consolidate-after",
    subject=Cluster,
    severity=Severity.INFO,
    source="Karpenter: Disruption (consolidateAfter); 5 minutes are nimfleet's own judgement",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Short patience with empty nodes."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for pool in accelerated_pools(cluster):
        disruption = get(pool.spec, "disruption")
        after = seconds(get(disruption, "consolidateAfter"))
        if after is not None and after < _LEAST and get(disruption, "consolidationPolicy") == "WhenEmpty":
            message = (
                f"a node of NodePool `{pool.name}` goes {disruption['consolidateAfter']} after its last pod, and the next pod "
                "pays for a new node and for pulling its image; use 10m"
            )
            yield hit(pool.object, message, ("spec", "disruption", "consolidateAfter"))
