"""A monitor finds nothing to ask for metrics.

## What it checks

`selector` and `namespaceSelector` of ServiceMonitors against the labels of Services, and of PodMonitors against those
of pods, as `reference/service-selector` does. The Service of a NIMService has the labels `app.kubernetes.io/name`,
`instance`, `part-of` and `managed-by`, and those of `spec.labels`.

## Why it matters

There are no metrics, and what scales or alerts by them does nothing, without an error anywhere.

## Example

```yaml
kind: ServiceMonitor
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: lama
---
kind: NIMService
metadata:
  name: llama
```

## Use instead

```yaml
selector:
  matchLabels:
    app.kubernetes.io/name: llama
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.selectors import pods, services
from nimfleet.manifest.walk import get, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.reference.selection import misses, monitored
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/monitor-target",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "Prometheus operator: a ServiceMonitor selects Services by their labels (not those of pods), in its "
        "own namespace unless namespaceSelector says more"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Selectors that find nothing."""
    for kind, found in (("ServiceMonitor", services), ("PodMonitor", pods)):
        for item in cluster.kind("monitoring.coreos.com", kind):
            selector = mapping(get(item.value, "spec", "selector"))
            yield from misses(
                cluster,
                item,
                ("spec", "selector"),
                selector,
                ("matchLabels",),
                "no metrics are collected",
                among=found,
                namespaces=monitored(cluster, item),
            )
