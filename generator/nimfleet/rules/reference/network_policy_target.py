"""A NetworkPolicy is for no pod.

## What it checks

`podSelector` of NetworkPolicies that is not empty, against the labels of the pods of its namespace, as
`reference/service-selector` does.

## Why it matters

What it was meant for stays open: a pod that no policy selects accepts every connection.

## Example

```yaml
kind: NetworkPolicy
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: lama
---
kind: NIMService
metadata:
  name: llama
```

## Use instead

```yaml
podSelector:
  matchLabels:
    app.kubernetes.io/name: llama
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
    "reference/network-policy-target",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes 1.34: networking.k8s.io/v1 NetworkPolicy, podSelector",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Selectors that find nothing."""
    for item in cluster.kind("networking.k8s.io", "NetworkPolicy"):
        selector = mapping(get(item.value, "spec", "podSelector"))
        yield from misses(
            cluster,
            item,
            ("spec", "podSelector"),
            selector,
            ("matchLabels",),
            "it restricts nothing, and what it was meant for stays open",
        )
