"""The API server is told to call a Service that is not there.

## What it checks

Services (and their ports) of admission webhooks, of conversion webhooks of CustomResourceDefinitions, and of
APIServices.

## Why it matters

Every request that the webhook is asked about fails, or its rules are passed over, as `failurePolicy` says.

## Example

```yaml
kind: Service
metadata:
  name: admission
  namespace: policies
---
kind: ValidatingWebhookConfiguration
webhooks:
  - clientConfig:
      service:
        name: admission
        namespace: policy
```

## Use instead

```yaml
service:
  name: admission
  namespace: policies
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/webhook-service",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Kubernetes 1.34: clientConfig.service of webhooks, of conversions and of APIServices",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(
        cluster, "webhook-service", "the API server calls nothing, and fails (or passes over) what it should ask"
    )
