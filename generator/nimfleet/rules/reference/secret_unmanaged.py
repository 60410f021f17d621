"""A Secret is named, and nothing in the repository makes any.

## What it checks

Secrets that objects of a whole cluster name, where the repository holds no Secret, ExternalSecret, SealedSecret or
the like at all: then they are made by hand.

## Why it matters

A cluster that is built anew from the repository lacks them, and nobody can read here which there must be.

## Example

```yaml
kind: NIMService
spec:
  authSecret: ngc-api-secret
```

## Use instead

Write down in `nimfleet.toml` what is made by hand; keys are checked, too:

```toml
[[external]]
kind = "Secret"
name = "ngc-api-secret"
namespace = "nim-service"
keys = ["NGC_API_KEY"]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits, of_secret
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/secret-unmanaged",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes 1.34: Secrets are read from the namespace of the pod",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "secret-unmanaged", of_secret)
