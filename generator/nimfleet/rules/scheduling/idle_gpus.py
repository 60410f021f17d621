"""A service requests more GPUs than its profile uses.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, requests no more GPUs than the tensor parallelism (times the
pipeline parallelism) of its profile, as the profile's name or the NIMCache says.

## Why it matters

The profile uses as many GPUs as its tensor parallelism says. The others are paid for and idle, and NVIDIA warns that
NIM can fail to start with more GPUs than the profile is for.

## Example

```yaml
kind: NIMService
spec:
  storage:
    nimCache:
      name: llama   # with tensorParallelism "1"
  resources:
    limits:
      nvidia.com/gpu: 4
```

## Use instead

```yaml
resources:
  limits:
    nvidia.com/gpu: 1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import services
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling import number


@rule(
    "scheduling/idle-gpus",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "NVIDIA NIM for LLMs, model profiles and selection: tp is the number of GPUs; configuration 1.11: more GPUs "
        "than the profile is for can end in an error"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """More GPUs than every claim."""
    for service in cluster.once(services):
        if service.gpus is None or len({claim.tensor for claim in service.claims}) != 1:
            continue
        first = service.claims[0]
        used = first.tensor if service.nodes > 1 else first.tensor * max(c.pipeline for c in service.claims)
        if service.gpus > used:
            message = (
                f"NIMService `{service.name}` requests {number(service.gpus, 'GPU')}, and {first.text} uses {used}: "
                f"set `nvidia.com/gpu` to {used}, or raise the tensor parallelism to {service.gpus}"
            )
            yield hit(service.object, message, service.gpus_pointer)
