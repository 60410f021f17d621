"""The schedule of a disruption budget cannot be read.

## What it checks

`disruption.budgets[].schedule` of a NodePool is a cron expression of five fields, or `@hourly`, `@daily`,
`@weekly`, `@monthly` or `@yearly`. The days of the week are 0 to 6.

## Why it matters

The CRD only looks for five words. Karpenter cannot read the schedule then, and takes the budget for 0 nodes
at any time: no node is consolidated, and none replaced on drift, without a word.

## Example

```yaml
kind: NodePool
spec:
  disruption:
    budgets:
      - nodes: "0"
        schedule: 0 9 * * mon-funday
        duration: 8h
```

## Use instead

```yaml
budgets:
  - nodes: "0"
    schedule: 0 9 * * mon-fri
    duration: 8h
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, sequence
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedNodePool
from nimfleet.schema.native.cron import schedule_problem


@rule(
    "admission/nodepool-budget-schedule",
    subject=AdmittedNodePool,
    severity=Severity.ERROR,
    source=(
        "Karpenter 1.14, sigs.k8s.io/karpenter pkg/apis/v1/nodepool.go, Budget.IsActive "
        "(github.com/robfig/cron/v3, ParseStandard)"
    ),
)
def check(subject: AdmittedNodePool) -> Iterator[Hit]:
    """Schedules that the cron parser refuses."""
    for index, budget in enumerate(sequence(get(subject.spec, "disruption", "budgets"))):
        schedule = get(budget, "schedule")
        problem = schedule_problem(schedule.strip()) if isinstance(schedule, str) else None
        if problem:
            message = f"the schedule '{schedule}' {problem}: Karpenter takes it for a budget of 0 nodes, for ever"
            yield hit(subject, message, "disruption", "budgets", index, "schedule")
