"""A ConfigMap is named that is not there.

## What it checks

ConfigMaps that pods, NIM objects and triggers name: whether one is declared or generated in the namespace where it is
looked for.

## Why it matters

Containers that take a variable from it do not start, and volumes are not mounted.

## Example

```yaml
kind: ConfigMap
metadata:
  name: corporate-ca
---
kind: NIMCache
spec:
  proxy:
    certConfigMap: company-ca
```

## Use instead

```yaml
proxy:
  certConfigMap: corporate-ca
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits, of_secret
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/config-map",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes 1.34: ConfigMaps are read from the namespace of the pod",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "config-map", of_secret)
