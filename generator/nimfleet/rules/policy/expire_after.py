"""GPU nodes end at a certain age, whatever runs on them.

## What it checks

`expireAfter` of a NodePool with GPUs or Neuron devices is Never; left out, it is 720h. Asked in profile
production.

## Why it matters

Karpenter drains an expired node at once: it does not wait for a replacement, and disruption budgets do not hold
it back. A model is away for as long as it starts, and nodes that were launched together expire together. A new
AMI arrives as drift, which makes the replacement first.

## Example

```yaml
kind: NodePool
spec:
  template:
    spec:
      expireAfter: 168h
```

## Use instead

```yaml
template:
  spec:
    expireAfter: Never
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


@rule(
    "policy/expire-after",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter: Disruption (expiration is a forceful method; 720h by default)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Nodes of models with an end."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for pool in accelerated_pools(cluster):
        after = get(pool.spec, "template", "spec", "expireAfter")
        if after is None or seconds(after) is not None:
            said = f"`expireAfter: {after}`" if after else "no `expireAfter`, which means 720h,"
            message = (
                f"{said} ends a node of NodePool `{pool.name}` before its replacement is ready: its models are away while "
                "they start; use Never, and let new AMIs arrive as drift"
            )
            path = ("spec", "template", "spec", *(("expireAfter",) if after else ()))
            yield hit(pool.object, message, path)
