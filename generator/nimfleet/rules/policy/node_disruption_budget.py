"""Karpenter may take all GPU nodes at once.

## What it checks

A NodePool with GPUs or Neuron devices that has `budgets` has one for drift that is below 100% (asked from profile
standard on) and counts at all times (asked in profile production). Without `budgets`, it is 10%, which is fine.

## Why it matters

A new AMI or a change of the NodePool makes every node drift in the same moment. With a budget of 100%, or with
budgets that only count at certain hours, Karpenter replaces all of them together, and no replica is left.

## Example

```yaml
kind: NodePool
spec:
  disruption:
    budgets:
      - nodes: "100%"
```

## Use instead

```yaml
disruption:
  budgets:
    - nodes: "1"
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import items, sequence
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.nodes import accelerated_pools
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/node-disruption-budget",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Karpenter: Disruption (budgets: the smallest that counts at the moment; 10% without any)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Pools without a budget that holds Karpenter back at all times."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    always = cluster.profile.covers(Profile.PRODUCTION)
    for pool in accelerated_pools(cluster):
        budgets = [entry for _, entry in items(pool.spec, "disruption", "budgets")]
        if budgets and not any(_holds(entry, always) for entry in budgets):
            message = (
                f"no budget of NodePool `{pool.name}` {'always ' if always else ''}keeps Karpenter from replacing all its nodes "
                'at once when they drift; add one of `nodes: "1"` without a schedule'
            )
            yield hit(pool.object, message, ("spec", "disruption", "budgets"))


def _holds(budget: Mapping[str, Any], always: bool) -> bool:
    reasons = sequence(budget.get("reasons"))
    if budget.get("nodes") == "100%" or (reasons and "Drifted" not in reasons):
        return False
    return not always or "schedule" not in budget
