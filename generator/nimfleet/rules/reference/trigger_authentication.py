"""A trigger names an authentication that is not there.

## What it checks

`authenticationRef` of the triggers of ScaledObjects and ScaledJobs: a TriggerAuthentication of the same namespace, or
a ClusterTriggerAuthentication where `kind` says so.

## Why it matters

KEDA cannot ask for the metric, and nothing is scaled.

## Example

```yaml
kind: ClusterTriggerAuthentication
metadata:
  name: prometheus
---
kind: ScaledObject
spec:
  triggers:
    - authenticationRef:
        name: prometheus
```

## Use instead

```yaml
authenticationRef:
  kind: ClusterTriggerAuthentication
  name: prometheus
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/trigger-authentication",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("KEDA 2.20: authenticationRef is a TriggerAuthentication of the same namespace where it names no kind"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "trigger-authentication", "nothing is scaled")
