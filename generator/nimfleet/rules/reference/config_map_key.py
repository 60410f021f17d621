"""A key is asked for that the ConfigMap does not have.

## What it checks

Keys that variables, volumes and triggers take from a ConfigMap whose keys can be seen here.

## Why it matters

The container does not start, or the volume is not mounted.

## Example

```yaml
kind: ConfigMap
metadata:
  name: settings
data:
  log-level: info
---
env:
  - name: LOG_LEVEL
    valueFrom:
      configMapKeyRef:
        name: settings
        key: logLevel
```

## Use instead

```yaml
configMapKeyRef:
  name: settings
  key: log-level
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits, of_secret
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/config-map-key",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes 1.34: configMapKeyRef and items of a volume",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "config-map-key", of_secret)
