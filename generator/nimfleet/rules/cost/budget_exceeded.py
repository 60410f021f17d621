"""The nodes of an environment cost more than its budget.

## What it checks

What the nodes for the pods cost an hour, on demand, is within `policy.budget` of environment.yaml: at the usual number
of replicas `steadyUsdPerHour`, and at the most that autoscaling may ask for `ceilingUsdPerHour`. Every pod counts that
runs on a NodePool, not only those that nimfleet has rendered.

## Why it matters

GPU nodes are billed by the hour from the minute at which they start. A budget that is compared before the merge costs
nothing; the bill comes a month later.

## Example

```yaml
policy:
  budget:
    steadyUsdPerHour: 5   # while two p5.4xlarge cost 13.77
```

## Use instead

```yaml
policy:
  budget:
    steadyUsdPerHour: 15
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.report.finding import Severity
from nimfleet.rules.cost import listed, on_intent, total
from nimfleet.rules.registry import Hit, rule


@rule(
    "cost/budget-exceeded",
    subject=Cluster,
    severity=Severity.ERROR,
    source="karpenter-provider-aws 1.14.1, pkg/providers/pricing: prices of us-east-1, on demand, Linux",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Each of the two budgets."""
    if cluster.plan is None:
        return
    budget = cluster.plan.intent.policy.budget
    limits = (
        ("steadyUsdPerHour", budget.steady_usd_per_hour, "steady", "as usual"),
        ("ceilingUsdPerHour", budget.ceiling_usd_per_hour, "ceiling", "at most"),
    )
    for key, limit, part, words in limits:
        if limit is None:
            continue
        bill = cluster.once(schedule).bill
        nodes = bill.steady if part == "steady" else bill.ceiling
        cost = total(nodes)
        if cost > limit:
            message = (
                f"the nodes cost ${cost:.2f} an hour {words} ({listed(nodes)}; prices of {bill.region}, {bill.date}), "
                "and the budget is "
                f"${limit:.2f}: run fewer replicas or cheaper GPUs, or raise the budget"
            )
            yield from on_intent(cluster, message, "policy", "budget", key)
