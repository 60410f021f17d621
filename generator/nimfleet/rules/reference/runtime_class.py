"""A RuntimeClass is named that is not there.

## What it checks

`runtimeClassName` of pods and NIM objects: a RuntimeClass that is declared here, or that the gpu-operator's chart
brings (`nvidia`). The nodes that EKS makes with its accelerated images need none.

## Why it matters

The pod is refused when it is created.

## Example

```yaml
kind: NIMService
spec:
  runtimeClassName: nvidia   # and no gpu-operator
```

## Use instead

Leave `runtimeClassName` out: EKS images for GPUs run every container with NVIDIA's runtime.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/runtime-class",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("Kubernetes 1.34: pods whose RuntimeClass does not exist are refused; gpu-operator brings `nvidia`"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "runtime-class", "its pods are refused")
