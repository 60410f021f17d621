"""A resource claim is named that is not there.

## What it checks

`resourceClaimName` and `resourceClaimTemplateName` of pods and of NIMServices, in their own namespace.

## Why it matters

The pod stays Pending.

## Example

```yaml
kind: ResourceClaimTemplate
metadata:
  name: two-gpus
---
kind: NIMService
spec:
  draResources:
    - resourceClaimTemplateName: two-gpu
```

## Use instead

```yaml
draResources:
  - resourceClaimTemplateName: two-gpus
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/resource-claim",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("Kubernetes 1.34: a pod stays Pending while its ResourceClaim or ResourceClaimTemplate does not exist"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "resource-claim", "its pods stay Pending")
