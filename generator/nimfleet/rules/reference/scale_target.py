"""An autoscaler scales something that is not there.

## What it checks

`scaleTargetRef` of HorizontalPodAutoscalers and ScaledObjects, and `targetRef` of VerticalPodAutoscalers. A
NIMService makes a Deployment of its own name.

## Why it matters

The autoscaler reports an error, and nothing is ever scaled.

## Example

```yaml
kind: NIMService
metadata:
  name: llama-8b
---
kind: ScaledObject
spec:
  scaleTargetRef:
    name: llama8b
```

## Use instead

```yaml
scaleTargetRef:
  name: llama-8b
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/scale-target",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34: scaleTargetRef of a HorizontalPodAutoscaler; KEDA; NVIDIA k8s-nim-operator 3.1.2: a "
        "NIMService's Deployment has its name"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere."""
    yield from hits(cluster, "scale-target", "nothing is ever scaled")
