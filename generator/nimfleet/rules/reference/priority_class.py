"""A PriorityClass is named that is not there.

## What it checks

`priorityClassName` of pods and NIM objects.

## Why it matters

The pod is refused when it is created.

## Example

```yaml
kind: PriorityClass
metadata:
  name: serving
---
kind: NIMService
spec:
  priorityClassName: servings
```

## Use instead

```yaml
priorityClassName: serving
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/priority-class",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes 1.34: the admission plugin Priority refuses pods whose PriorityClass does not exist",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "priority-class", "its pods are refused")
