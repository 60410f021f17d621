"""A route leads to a port that the Service does not have.

## What it checks

Number or name of the port of each backend. The Service of a NIMService has `expose.service.port` as `api`, and
`grpcPort` and `metricsPort` as `grpc` and `metrics`.

## Why it matters

Requests are answered with 503 or 404, and the AWS Load Balancer Controller refuses the whole Ingress.

## Example

```yaml
kind: NIMService
metadata:
  name: llama
spec:
  expose:
    service:
      port: 8000
---
kind: Ingress
spec:
  defaultBackend:
    service:
      name: llama
      port:
        number: 80
```

## Use instead

```yaml
service:
  name: llama
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
    "reference/service-port",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Ingress and Gateway API: the port of a backend is one of the Service, not of the container",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "service-port", "nothing answers there")
