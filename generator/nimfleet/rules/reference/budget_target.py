"""A PodDisruptionBudget protects no pod.

## What it checks

`selector` of PodDisruptionBudgets, against the labels of the pods of its namespace, as `reference/service-selector`
does.

## Why it matters

The pods that it was meant for can all be evicted at once, when nodes are consolidated or upgraded.

## Example

```yaml
kind: PodDisruptionBudget
spec:
  selector:
    matchLabels:
      app: lama
---
kind: NIMService
metadata:
  name: llama
```

## Use instead

```yaml
selector:
  matchLabels:
    app: llama
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.reference.selection import misses
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/budget-target",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes 1.34: policy/v1 PodDisruptionBudget, selector",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Selectors that find nothing."""
    for item in cluster.kind("policy", "PodDisruptionBudget"):
        selector = mapping(get(item.value, "spec", "selector"))
        yield from misses(
            cluster,
            item,
            ("spec", "selector"),
            selector,
            ("matchLabels",),
            "it protects nothing, and what it was meant for can be evicted all at once",
        )
