"""An Alert names a Provider that is not there.

## What it checks

`providerRef` of Flux's Alerts is a Provider of the same namespace.

## Why it matters

Nobody hears of what goes wrong.

## Example

```yaml
kind: Provider
metadata:
  name: slack
---
kind: Alert
spec:
  providerRef:
    name: slak
```

## Use instead

```yaml
providerRef:
  name: slack
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/alert-provider",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Flux notification-controller 1.9: providerRef is a Provider of the Alert's namespace",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "alert-provider", "nobody is told")
