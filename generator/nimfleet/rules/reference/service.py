"""A route leads to a Service that is not there.

## What it checks

Backends of Ingresses, HTTPRoutes and other routes, and of TargetGroupBindings. A NIMService makes a Service of its
own name.

## Why it matters

Requests are answered with 503 or 404, and the AWS Load Balancer Controller refuses the whole Ingress.

## Example

```yaml
kind: NIMService
metadata:
  name: llama-8b
---
kind: Ingress
spec:
  defaultBackend:
    service:
      name: llama8b
      port:
        number: 8000
```

## Use instead

```yaml
service:
  name: llama-8b
  port:
    number: 8000
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/service",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Ingress and Gateway API: a backend is a Service of the named or own namespace; NVIDIA k8s-nim- "
        "operator 3.1.2: a NIMService's Service has its name"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "service", "nothing answers there")
