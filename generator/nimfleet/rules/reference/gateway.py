"""A route is attached to a Gateway, or a listener, that is not there.

## What it checks

`parentRefs` of HTTPRoutes and other routes, their `sectionName`, and `router.gateway` of NIMServices.

## Why it matters

The route is attached to nothing, and no request reaches it.

## Example

```yaml
kind: Gateway
metadata:
  name: public
  namespace: gateways
---
kind: HTTPRoute
metadata:
  namespace: nim-service
spec:
  parentRefs:
    - name: public
```

## Use instead

```yaml
parentRefs:
  - name: public
    namespace: gateways
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/gateway",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Gateway API 1.6: parentRefs lead to a Gateway of the named or own namespace, sectionName to one of "
        "its listeners"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "gateway", "the route is attached to nothing")
