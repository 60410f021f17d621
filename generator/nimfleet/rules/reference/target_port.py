"""A Service leads to a port that its pods do not name.

## What it checks

`targetPort` of Services, where it is a name: one of the pods that the selector finds has a container port of this
name. Pods of a NIMService name `api`, and `grpc` and `metrics` where they are set.

## Why it matters

The Service has no endpoints, and every connection to it fails, although the pods run.

## Example

```yaml
kind: Deployment
spec:
  template:
    spec:
      containers:
        - ports:
            - name: web
              containerPort: 8080
---
kind: Service
spec:
  ports:
    - port: 80
      targetPort: http
```

## Use instead

```yaml
ports:
  - port: 80
    targetPort: web
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.extract import namespace_of
from nimfleet.cluster.references.selectors import in_namespaces, pods, selects
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import did_you_mean, listing


@rule(
    "reference/target-port",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34: a named targetPort is looked up among the containers' ports of each pod; pods "
        "without it are no endpoints"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Named ports that no selected pod has."""
    for item in cluster.kind("", "Service"):
        labels = mapping(get(item.value, "spec", "selector"))
        wanted = [
            (pointer, text(port.get("targetPort")))
            for pointer, port in items(item.value, "spec", "ports")
            if text(port.get("targetPort")) and "${" not in text(port.get("targetPort"))
        ]
        if not wanted or not labels:
            continue
        where = [namespace_of(cluster, item)]
        there = [
            other
            for other in in_namespaces(cluster, cluster.once(pods), where)
            if selects({"matchLabels": labels}, other.labels)
        ]
        if not there or any(other.ports is None for other in there):
            continue
        names = frozenset(name for other in there for name in other.ports or () if name and not name.isdigit())
        for pointer, name in wanted:
            if name not in names:
                found = listing(f"`{other.source.id.name}`" for other in there)
                message = (
                    f"no container of {found} names a port `{name}` (named ports: {listing(f'`{one}`' for one in names)}): the "
                    f"Service has no endpoints{did_you_mean(name, names).replace(' Did', '. Did')}"
                )
                yield hit(item, message, (*pointer, "targetPort"))
