"""A Gateway takes no routes of this namespace.

## What it checks

Routes (and NIMServices with `router.gateway`) whose Gateway is in another namespace: one of its listeners (the one
that `sectionName` says) has `allowedRoutes.namespaces.from: All`, or a selector that finds the route's namespace.

## Why it matters

The route is refused with NotAllowedByListeners, and no request reaches it. Without `allowedRoutes`, a listener takes
routes of its own namespace only.

## Example

```yaml
kind: Gateway
metadata:
  name: public
  namespace: gateways
spec:
  listeners:
    - name: https
---
kind: HTTPRoute
metadata:
  namespace: nim-service
spec:
  parentRefs:
    - name: public
      namespace: gateways
```

## Use instead

```yaml
listeners:
  - name: https
    allowedRoutes:
      namespaces:
        from: All
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.extract import namespace_of, references
from nimfleet.cluster.references.model import GATEWAY
from nimfleet.cluster.references.selectors import selects
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/gateway-namespace",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("Gateway API 1.6: allowedRoutes of a listener; without it, only routes of the Gateway's own namespace"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Gateways that take no routes of the referring namespace."""
    for reference in cluster.once(references):
        own = namespace_of(cluster, reference.source)
        if reference.target is not GATEWAY or not own or own == reference.namespace:
            continue
        gateway = cluster.find(*GATEWAY.key, reference.namespace, reference.name)
        if gateway is None:
            continue
        wanted = {key.name for key in reference.keys}
        listeners = [
            entry
            for _, entry in items(gateway.value, "spec", "listeners")
            if not wanted or text(entry.get("name")) in wanted
        ]
        if listeners and not any(_takes(cluster, entry, own) for entry in listeners):
            message = (
                f"Gateway `{reference.name}` of namespace `{reference.namespace}` takes no routes of `{own}`: the route is "
                "refused. Set `allowedRoutes.namespaces.from: All` at its listener"
            )
            yield hit(reference.source, message, reference.pointer)


def _takes(cluster: Cluster, listener: Mapping[str, Any], namespace: str) -> bool:
    allowed = mapping(get(listener, "allowedRoutes", "namespaces"))
    if allowed.get("from") == "All":
        return True
    if allowed.get("from") != "Selector":
        return False
    declared = cluster.find("", "Namespace", "", namespace)
    if declared is None:
        return True
    labels = {"kubernetes.io/metadata.name": namespace, **mapping(get(declared.value, "metadata", "labels"))}
    known = {str(key): frozenset({value}) for key, value in labels.items() if isinstance(value, str)}
    return selects(mapping(allowed.get("selector")), known)
