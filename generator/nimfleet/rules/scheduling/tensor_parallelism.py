"""A service requests fewer GPUs than its profile needs.

## What it checks

Whatever says on how many GPUs a replica runs says the same, and the pod requests as many: the tensor parallelism
(times the pipeline parallelism) in the name of the profile that the service names, in `NIM_MODEL_PROFILE`, in an
argument of the engine or in `multiNode.parallelism`; and that of the NIMCache, by its filter or by the only profile
that it names.

## Why it matters

A profile for two GPUs does not start on one, and NIM does not start when none of the profiles in its cache is for the
GPUs that it sees. The download has been waited for, and the node is paid for, when that shows.

## Example

```yaml
kind: NIMService
spec:
  storage:
    nimCache:
      name: llama
      profile: vllm-bf16-tp2-pp1
  resources:
    limits:
      nvidia.com/gpu: 1
```

## Use instead

```yaml
resources:
  limits:
    nvidia.com/gpu: 2
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import Claim, ServiceFacts, services
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling import number


@rule(
    "scheduling/tensor-parallelism",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "NVIDIA NIM for LLMs, model profiles and selection: tp is the number of GPUs; configuration 1.11: fewer or "
        "more "
        "GPUs than the profile is for can end in an error"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Claims that differ, or GPUs that are too few."""
    for service in cluster.once(services):
        if not service.claims:
            continue
        first = service.claims[0]
        other = next((claim for claim in service.claims if claim.tensor != first.tensor), None)
        if other is not None:
            message = (
                f"{first.text} is for {number(_gpus(service, first), 'GPU')}, and {other.text} for "
                f"{number(_gpus(service, other), 'GPU')}: NIMService `{service.name}` finds no profile to run; give "
                "both "
                "the same tensor parallelism"
            )
            yield hit(first.object, message, first.pointer)
        elif service.gpus is not None and service.gpus < _gpus(service, first):
            needed = _gpus(service, first)
            message = (
                f"NIMService `{service.name}` requests {number(service.gpus, 'GPU')}, and {first.text} needs {needed}: "
                f"set `nvidia.com/gpu` to {needed}, or take a profile for {number(service.gpus, 'GPU')}"
            )
            yield hit(service.object, message, service.gpus_pointer)


def _gpus(service: ServiceFacts, claim: Claim) -> int:
    """GPUs of one pod."""
    return claim.tensor if service.nodes > 1 else claim.tensor * claim.pipeline
