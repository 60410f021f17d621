"""A Secret is named that is not there.

## What it checks

Secrets that pods, NIM objects, service accounts, Ingresses, Gateways, issuers and triggers name: whether one is
declared, or made by an ExternalSecret, SealedSecret, Certificate or the like, in the namespace where it is looked
for. Where only part of a cluster is in view, only what is evidently misspelt, in another namespace, or renamed by
kustomize is reported.

## Why it matters

Containers that take a variable from it do not start, volumes are not mounted, and images are not pulled. Nothing says
so before the pod is created.

## Example

```yaml
kind: ExternalSecret
metadata:
  name: ngc-api
  namespace: external-secrets
---
kind: NIMService
metadata:
  name: llama
  namespace: nim-service
spec:
  authSecret: ngc-api
```

## Use instead

```yaml
kind: ExternalSecret
metadata:
  name: ngc-api
  namespace: nim-service
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits, of_secret
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/secret",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34: Secrets are read from the namespace of the pod; External Secrets, Sealed Secrets "
        "and SOPS make them"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "secret", of_secret)
