"""A certificate is asked of an issuer that is not there.

## What it checks

`issuerRef` of Certificates, and the annotations of cert-manager on Ingresses: an Issuer of the same namespace, or a
ClusterIssuer where `kind` says so.

## Why it matters

The certificate is never issued.

## Example

```yaml
kind: ClusterIssuer
metadata:
  name: internal-ca
---
kind: Certificate
spec:
  issuerRef:
    name: internal-ca
```

## Use instead

```yaml
issuerRef:
  kind: ClusterIssuer
  name: internal-ca
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/issuer",
    subject=Cluster,
    severity=Severity.ERROR,
    source="cert-manager 1.21: issuerRef is an Issuer of the same namespace where it names no kind",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "issuer", "no certificate is issued")
