"""A model does not say how much CPU and memory it needs.

## What it checks

A NIMService, an enabled service of a NIMPipeline, and a container with GPUs of a Deployment, StatefulSet or
ReplicaSet request CPU and memory beside their GPUs; a limit counts as a request. A NIMService whose resources
are empty is left to admission/nimservice-gpu-not-requested. Asked in profile production.

## Why it matters

Karpenter buys the cheapest node that holds what is requested, and the scheduler packs it full. A model that
requests GPUs only lands on the node with the least memory: weights pass through it, and the kernel kills the
process. It is also the first to be evicted.

## Example

```yaml
resources:
  limits:
    nvidia.com/gpu: 1
```

## Use instead

```yaml
resources:
  requests:
    cpu: "4"
    memory: 32Gi
    nvidia.com/gpu: 1
  limits:
    memory: 32Gi
    nvidia.com/gpu: 1
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, mapping
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import accelerated, models, services
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/resource-requests",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Resource Management for Pods and Containers; Karpenter: Scheduling (resource requests)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Requests for CPU and memory that are not there."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for service in services(cluster):
        if accelerated(service.spec):
            missing = _missing(service.spec)
            if missing:
                yield hit(service.object, _message(missing), (*service.at, "resources"))
    for workload, pointer, container in models(cluster):
        missing = _missing(container)
        if missing:
            yield hit(workload.object, _message(missing), (*pointer, "resources"))


def _missing(owner: Any) -> list[str]:
    resources = get(owner, "resources")
    said = {*mapping(get(resources, "requests")), *mapping(get(resources, "limits"))}
    return [name for name in ("cpu", "memory") if name not in said]


def _message(missing: list[str]) -> str:
    return (
        f"GPUs are requested, but no {' and no '.join(missing)}: Karpenter buys the cheapest node with the GPUs, however "
        f"small; set {' and '.join(f'`resources.requests.{name}`' for name in missing)}"
    )
