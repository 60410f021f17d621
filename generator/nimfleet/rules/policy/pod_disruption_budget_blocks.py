"""A PodDisruptionBudget never lets a pod go.

## What it checks

A PodDisruptionBudget with `maxUnavailable: 0` (or 0%), with `minAvailable: 100%`, or with a `minAvailable` that is
not below the replicas of the one model that it selects. Autoscaling counts with its minimum. Asked from profile
standard on.

## Why it matters

No drain of the node comes to an end: Karpenter cannot replace it (nodes stay on an old AMI), an upgrade of the
cluster hangs, until somebody deletes the pod or the budget.

## Example

```yaml
kind: PodDisruptionBudget
spec:
  minAvailable: 1   # of a model with one replica
```

## Use instead

```yaml
kind: PodDisruptionBudget
spec:
  maxUnavailable: 1
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import replicated, selects
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/pod-disruption-budget-blocks",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Specifying a Disruption Budget for your Application; Karpenter: Disruption (pods that block it)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Budgets that are used up from the start."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    for item in cluster.kind("policy", "PodDisruptionBudget"):
        spec = mapping(get(item.value, "spec"))
        if spec.get("maxUnavailable") in (0, "0%") and not isinstance(spec.get("maxUnavailable"), bool):
            message = (
                "`maxUnavailable: 0` never lets a pod go, so that its node can be neither drained nor replaced; use 1"
            )
            yield hit(item, message, ("spec", "maxUnavailable"))
            continue
        least: Any = spec.get("minAvailable")
        if least == "100%":
            message = (
                "`minAvailable: 100%` never lets a pod go, so that its node can be neither drained nor replaced; use "
                "`maxUnavailable: 1`"
            )
            yield hit(item, message, ("spec", "minAvailable"))
        elif isinstance(least, int) and not isinstance(least, bool):
            namespace = item.id.namespace or "default"
            chosen = [
                entry
                for entry in replicated(cluster)
                if entry.namespace == namespace and selects(spec.get("selector"), entry.labels)
            ]
            if len(chosen) == 1 and 0 < chosen[0].replicas <= least:
                entry = chosen[0]
                message = (
                    f"`minAvailable: {least}` never lets a pod of `{entry.name}` go, which has {entry.replicas} at least: its "
                    "node can be neither drained nor replaced; use `maxUnavailable: 1`"
                )
                yield hit(item, message, ("spec", "minAvailable"))
