"""A monitor asks at a port that its Services or pods do not have.

## What it checks

`port` of each endpoint of a ServiceMonitor (a PodMonitor) is the name of a port of one of the Services (the pods) that it
selects. The Service of a NIMService has `api`, and `grpc` and `metrics` where `grpcPort` and `metricsPort` are set.

## Why it matters

There are no metrics, and what scales or alerts by them does nothing, without an error anywhere.

## Example

```yaml
kind: NIMService
metadata:
  name: llama
---
kind: ServiceMonitor
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: llama
  endpoints:
    - port: http
      path: /v1/metrics
```

## Use instead

```yaml
endpoints:
  - port: api
    path: /v1/metrics
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.selectors import Labelled, in_namespaces, pods, selects, services
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.reference.selection import monitored
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import did_you_mean, listing


@rule(
    "reference/monitor-port",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Prometheus operator: port of an endpoint is the name of a port of the Service; NVIDIA k8s-nim- "
        "operator 3.1.2: `api`, `grpc` and `metrics`"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Ports that no selected Service has."""
    for kind, part, among in (("ServiceMonitor", "endpoints", services), ("PodMonitor", "podMetricsEndpoints", pods)):
        for item in cluster.kind("monitoring.coreos.com", kind):
            yield from _of(cluster, item, part, cluster.once(among))


def _of(cluster: Cluster, item: KubeObject, part: str, among: Mapping[str, Sequence[Labelled]]) -> Iterator[Hit]:
    selector = mapping(get(item.value, "spec", "selector"))
    there = [
        other for other in in_namespaces(cluster, among, monitored(cluster, item)) if selects(selector, other.labels)
    ]
    if not there or not selector or any(other.ports is None for other in there):
        return
    names = frozenset(name for other in there for name in other.ports or () if name and not name.isdigit())
    for pointer, endpoint in items(item.value, "spec", part):
        port = text(endpoint.get("port"))
        if port and port not in names and "${" not in port:
            found = listing(f"`{other.source.id.name}`" for other in there)
            message = (
                f"no port `{port}` on {found} (named ports: {listing(f'`{name}`' for name in names)}): no metrics are "
                f"collected{did_you_mean(port, names).replace(' Did', '. Did')}"
            )
            yield hit(item, message, (*pointer, "port"))
