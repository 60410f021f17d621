"""An autoscaler scales something that is not there.

## What it checks

`scaleTargetRef` of HorizontalPodAutoscalers and ScaledObjects, and `targetRef` of VerticalPodAutoscalers: the object is
there, and what scales is of a kind with a `scale` subresource, which DaemonSets, Jobs, CronJobs, Pods and the kinds of the
NIM operator do not have. A NIMService makes a Deployment of its own name.

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
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.reference import hits
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/scale-target",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34: scaleTargetRef of a HorizontalPodAutoscaler; KEDA; NVIDIA k8s-nim-operator 3.1.2: a "
        "NIMService's Deployment has its name, and its CRDs have no scale subresource"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """References that lead nowhere, or to what cannot be scaled."""
    yield from hits(cluster, "scale-target", "nothing is ever scaled")
    for group, kind in _SCALERS:
        for item in cluster.kind(group, kind):
            target = get(item.value, "spec", "scaleTargetRef")
            asked = (text(get(target, "apiVersion")).rpartition("/")[0], text(get(target, "kind")))
            if asked in _FIXED or asked[0] == NIM:
                instead = _instead(cluster, item, *asked, text(get(target, "name")))
                message = f"a {asked[1]} has no `scale` subresource, so that nothing is ever scaled; {instead}"
                yield hit(item, message, ("spec", "scaleTargetRef", "kind"))


_SCALERS = (("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject"))
_FIXED = frozenset({("apps", "DaemonSet"), ("batch", "Job"), ("batch", "CronJob"), ("", "Pod")})


def _instead(cluster: Cluster, item: KubeObject, group: str, kind: str, name: str) -> str:
    if (group, kind) == (NIM, "NIMService"):
        service = cluster.find(NIM, kind, item.id.namespace, name)
        way = f"scale its Deployment (`apiVersion: apps/v1`, `kind: Deployment`, `name: {name}`)"
        # Two autoscalers of one Deployment would undo each other's work.
        return way if service is None or get(service.value, "spec", "scale", "enabled") is not True else "take it away"
    if (group, kind) == (NIM, "NIMPipeline"):
        return "name the Deployment of one of its services"
    return "take it away, or name a Deployment or StatefulSet"
