"""A model may take all the memory of its node.

## What it checks

A NIMService, an enabled service of a NIMPipeline, and a container with GPUs of a Deployment, StatefulSet or
ReplicaSet have a limit for memory. A limit for CPU is not asked for: it only slows the model down. Asked in
profile production.

## Why it matters

A process that leaks, or that reads a model into memory twice, takes its neighbours on the node with it: the
kernel chooses whom it kills. With a limit it is the container itself, and its pod says OOMKilled.

## Example

```yaml
resources:
  requests:
    memory: 32Gi
  limits:
    nvidia.com/gpu: 1
```

## Use instead

```yaml
resources:
  requests:
    memory: 32Gi
  limits:
    memory: 32Gi
    nvidia.com/gpu: 1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.pods import accelerated, models, services
from nimfleet.rules.registry import Hit, rule

_MESSAGE = (
    "there is no limit for memory: what the model takes too much, its neighbours on the node lack; set "
    "`resources.limits.memory` to what it requests"
)


@rule(
    "policy/memory-limit",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Node-pressure Eviction; Assign Memory Resources to Containers and Pods",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Limits for memory that are not there."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for service in services(cluster):
        if accelerated(service.spec) and get(service.spec, "resources", "limits", "memory") is None:
            yield hit(service.object, _MESSAGE, (*service.at, "resources", "limits"))
    for workload, pointer, container in models(cluster):
        if get(container, "resources", "limits", "memory") is None:
            yield hit(workload.object, _MESSAGE, (*pointer, "resources", "limits"))
