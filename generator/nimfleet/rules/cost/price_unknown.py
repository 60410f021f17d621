"""A budget is set, and the price of a node is not known.

## What it checks

Where environment.yaml has a `policy.budget`, every instance type that the pods would run on has a price in nimfleet's
table.

## Why it matters

What has no price is not compared with the budget: the environment can cost any amount more. Some types (p5e.48xlarge,
trn2.48xlarge) are sold only as capacity blocks or in other regions than us-east-1, whose prices the table holds.

## Example

```yaml
pools:
  p5en:
    instanceTypes: [p5e.48xlarge]
```

## Use instead

```yaml
pools:
  p5en:
    instanceTypes: [p5en.48xlarge]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.report.finding import Severity
from nimfleet.rules.cost import on_intent, without_price
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import listing


@rule(
    "cost/price-unknown",
    subject=Cluster,
    severity=Severity.WARNING,
    source="karpenter-provider-aws 1.14.1, pkg/providers/pricing: prices of us-east-1, on demand, Linux",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Instance types without a price."""
    if cluster.plan is None:
        return
    budget = cluster.plan.intent.policy.budget
    if budget.steady_usd_per_hour is None and budget.ceiling_usd_per_hour is None:
        return
    missing = without_price(cluster.once(schedule).bill)
    if missing:
        names = listing(f"`{name}`" for name in missing)
        message = (
            f"the price of {names} is not known, so that the budget is compared without it: choose a type "
            "that has a price, or count it yourself"
        )
        yield from on_intent(cluster, message, "policy", "budget")
