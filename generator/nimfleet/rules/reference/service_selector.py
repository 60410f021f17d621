"""A Service finds no pod.

## What it checks

`selector` of Services, against the labels of the pods that workloads and NIM objects of its namespace make. Where
charts or unknown operators put pods into the namespace, or only part of the cluster is in view, only a selector that
misses pods by one misspelt label is reported.

## Why it matters

The Service has no endpoints, and every connection to it fails.

## Example

```yaml
kind: Service
spec:
  selector:
    app: llama8b
---
kind: Deployment
spec:
  template:
    metadata:
      labels:
        app: llama-8b
```

## Use instead

```yaml
selector:
  app: llama-8b
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
    "reference/service-selector",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes 1.34: a Service sends requests to the pods of its namespace that its selector finds",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Selectors that find nothing."""
    for item in cluster.kind("", "Service"):
        selector = mapping(get(item.value, "spec", "selector"))
        if selector and get(item.value, "spec", "type") != "ExternalName":
            yield from misses(
                cluster,
                item,
                ("spec", "selector"),
                {"matchLabels": selector},
                (),
                "the Service has no endpoints, and connections to it fail",
            )
