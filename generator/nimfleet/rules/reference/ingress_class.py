"""An Ingress is of a class that nothing serves.

## What it checks

`ingressClassName` of Ingresses and of NIMServices: an IngressClass that is declared here, or that the chart of a
HelmRelease brings (`alb` by aws-load-balancer-controller, `nginx` by ingress-nginx).

## Why it matters

No controller takes the Ingress up; it never gets an address, and nothing says why.

## Example

```yaml
kind: IngressClass
metadata:
  name: internal
---
kind: Ingress
spec:
  ingressClassName: intenal
```

## Use instead

```yaml
ingressClassName: internal
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/ingress-class",
    subject=Cluster,
    severity=Severity.ERROR,
    source="AWS Load Balancer Controller 3.5 and ingress-nginx: Ingresses of other classes are passed over",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "ingress-class", "no controller takes it up")
