"""A Gateway is of a class that nothing serves.

## What it checks

`gatewayClassName` of Gateways: a GatewayClass that is declared here, or that the chart of a HelmRelease brings.

## Why it matters

No controller takes the Gateway up; it never gets an address.

## Example

```yaml
kind: GatewayClass
metadata:
  name: aws-alb
---
kind: Gateway
spec:
  gatewayClassName: awsalb
```

## Use instead

```yaml
gatewayClassName: aws-alb
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/gateway-class",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Gateway API 1.6: a Gateway whose class does not exist is passed over",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "gateway-class", "no controller takes it up")
