"""A NIMService names a NIMCache that is not there.

## What it checks

`storage.nimCache.name` of a NIMService, or of an enabled service of a NIMPipeline, and `nimCache.name` of a NIMBuild,
is a NIMCache of the same namespace.

## Why it matters

The operator looks for the cache in the namespace of the service. Without it, no pod is made, and the service never
becomes ready.

## Example

```yaml
kind: NIMCache
metadata:
  name: llama
  namespace: models
---
kind: NIMService
metadata:
  name: llama
  namespace: nim-service
spec:
  storage:
    nimCache:
      name: llama
```

## Use instead

```yaml
kind: NIMCache
metadata:
  name: llama
  namespace: nim-service
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/nim-cache",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, internal/controller/platform/standalone/nimservice.go: the cache is "
        "read from the service's own namespace"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "nim-cache", "no pod is made, and it never becomes ready")
