"""An ExternalSecret names a store that is not there.

## What it checks

`secretStoreRef` of ExternalSecrets and ClusterExternalSecrets: a SecretStore of the same namespace, or a
ClusterSecretStore where `kind` says so.

## Why it matters

The Secret is never made, and what needs it does not start.

## Example

```yaml
kind: ClusterSecretStore
metadata:
  name: aws
---
kind: ExternalSecret
spec:
  secretStoreRef:
    name: aws
```

## Use instead

```yaml
secretStoreRef:
  kind: ClusterSecretStore
  name: aws
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/secret-store",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("External Secrets 2.9: secretStoreRef is a SecretStore of the same namespace where it names no kind"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "secret-store", "the Secret is never made")
