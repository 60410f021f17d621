"""A cache pins no tensor parallelism while its service takes several GPUs.

## What it checks

A NIMCache from NGC whose NIMService requests two GPUs or more sets `tensorParallelism` or `profiles` under
`source.ngc.model`, unless the service names its profile, or all profiles that the catalog knows under the cache's
filter are for that many GPUs. Models that generate no text have no tensor parallelism, and are left alone.

## Why it matters

The operator picks profiles by the GPUs of the nodes that are there when the cache is made, not by what the service
requests. The cache can fill with profiles for one GPU, and NIM then downloads another at every start, or does not
start.

## Example

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      model:
        engine: vllm
        precision: bf16
```

## Use instead

```yaml
model:
  engine: vllm
  precision: bf16
  tensorParallelism: "2"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import CacheFacts, recorded_profiles, services
from nimfleet.manifest.walk import get
from nimfleet.plan.memory import GENERATES_TEXT
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "scheduling/tensor-parallelism-unpinned",
    subject=Cluster,
    severity=Severity.WARNING,
    source="NVIDIA k8s-nim-operator 3.1.2, internal/nimparser/v1 and v2, MatchProfiles",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Caches of services with several GPUs, each once."""
    seen: set[int] = set()
    for service in cluster.once(services):
        cache, gpus = service.cache, service.gpus or 0
        if cache is None or gpus < 2 or service.claims or id(cache) in seen or not _is_open(cache):
            continue
        if _all_recorded_are_for(cache, gpus, service.nodes):
            continue
        seen.add(id(cache))
        message = (
            f"this cache pins no tensor parallelism, and NIMService `{service.name}` takes {gpus} GPUs: set "
            f'`tensorParallelism: "{gpus}"`, so that the profile that is cached is the one that runs'
        )
        inside = ("spec", "source", "ngc")
        model = get(cache.object.value, *inside, "model")
        yield hit(cache.object, message, (*inside, "model") if isinstance(model, dict) else inside)


def _is_open(cache: CacheFacts) -> bool:
    generates = cache.model is None or cache.model.kind in GENERATES_TEXT
    return cache.source == "ngc" and not cache.endpoint and not cache.profiles and generates


def _all_recorded_are_for(cache: CacheFacts, gpus: int, nodes: int) -> bool:
    if cache.model is None or cache.line is None:
        return False
    found = recorded_profiles(cache.model, cache.line, cache.wish)
    return bool(found) and all(
        profile.tensor_parallelism == gpus or profile.tensor_parallelism * profile.pipeline_parallelism == gpus * nodes
        for profile in found
    )
