"""Two scale the same pods.

## What it checks

`scaleTargetRef` of HorizontalPodAutoscalers and ScaledObjects: no other one of them has the same target, and where the target
is the Deployment of a NIMService (or of a service of a NIMPipeline), the operator does not scale it itself (`scale.enabled`)
and gives it no fixed number of replicas.

## Why it matters

Kubernetes lets neither of two autoscalers of the same pods scale (`AmbiguousSelector`). The operator writes the number of
replicas of a NIMService that does not scale into the Deployment again whenever the NIMService changes, and pods that were
needed end.

## Example

```yaml
kind: NIMService
metadata:
  name: llama
spec:
  replicas: 1
---
kind: HorizontalPodAutoscaler
spec:
  scaleTargetRef:
    kind: Deployment
    name: llama
```

## Use instead

```yaml
kind: NIMService
metadata:
  name: llama
spec:
  scale:
    enabled: true
    hpa:
      maxReplicas: 3
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import ServiceFacts, services
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_SCALERS = (("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject"))
_TARGET = ("spec", "scaleTargetRef")


@rule(
    "reference/scaled-twice",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "Kubernetes 1.34: HorizontalPodAutoscaler, condition AmbiguousSelector; NVIDIA k8s-nim-operator 3.1.2: the "
        "Deployment is written again when its NIMService changes"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Autoscalers of what something else scales."""
    first: dict[tuple[str, str, str], KubeObject] = {}
    made: dict[tuple[str, str], ServiceFacts] | None = None
    for item in (item for group, kind in _SCALERS for item in cluster.kind(group, kind)):
        kind = text(get(item.value, *_TARGET, "kind")) or "Deployment"
        name = text(get(item.value, *_TARGET, "name"))
        if not name:
            continue
        other = first.setdefault((item.id.namespace, kind, name), item)
        if made is None:
            made = {(service.namespace, service.name): service for service in cluster.once(services)}
        service = made.get((item.id.namespace or "default", name)) if kind == "Deployment" else None
        message = ""
        if other is not item:
            message = (
                f"{other.id.kind} `{other.id.name}` scales the same {kind}, and Kubernetes then lets neither do it; "
                "take one away"
            )
        elif service is not None and get(service.spec, "scale", "enabled") is True:
            message = (
                f"NIMService `{name}` has an autoscaler of its own (`scale.enabled`), and Kubernetes then lets neither scale; "
                "take this one away"
            )
        elif service is not None and "replicas" in service.spec:
            message = (
                f"the operator sets the Deployment of NIMService `{name}` back to its `replicas` whenever that changes; "
                "let the NIMService scale itself: `scale.enabled: true` and `scale.hpa`"
            )
        if message:
            yield hit(item, message, (*_TARGET, "name"))
