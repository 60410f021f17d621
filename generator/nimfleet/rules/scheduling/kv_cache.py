"""The GPUs of a service hold its weights, and little more.

## What it checks

On the GPUs on which Karpenter puts a NIMService (or an enabled service of a NIMPipeline) first, a fifth of the
weights' size and 2 GiB are left besides the weights, for the KV cache, activations and the runtime.

## Why it matters

The engine takes what is left for its KV cache. With next to nothing left it ends at the start, because not even one
request of the model's full context fits, or it serves one request at a time. The rule is nimfleet's own: published
minima lie between a tenth below and three tenths above it.

## Example

```yaml
kind: NIMService
spec:
  image:
    repository: nvcr.io/nim/meta/llama-3.1-70b-instruct   # 130 GiB of weights in bf16
  resources:
    limits:
      nvidia.com/gpu: 2   # on p4de, with 80 GiB each
```

## Use instead

```yaml
resources:
  limits:
    nvidia.com/gpu: 4
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.suitability import Doubt
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.scheduling.gpus import fittings, gpu_of, narrower


@rule(
    "scheduling/kv-cache",
    subject=Cluster,
    severity=Severity.WARNING,
    source="nimfleet's memory rule, which plan/memory.py holds against the published minima; nimfleet's catalog",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Weights that fit, with too little beside them."""
    for fitting in cluster.once(fittings):
        unfit = fitting.verdict
        if unfit is None or unfit.doubt is not Doubt.TIGHT or fitting.service.model is None:
            continue
        selector = narrower(fitting)
        fix = f"select {selector}" if selector else "request more GPUs, or choose larger ones or a smaller precision"
        message = (
            f"{fitting.service.model.id} {unfit.reason}, and {fitting.first.name}, which NodePool `{fitting.pool}` "
            "makes first for "
            f"NIMService `{fitting.service.name}`, has {gpu_of(fitting.first)}: {fix}"
        )
        yield hit(fitting.service.object, message, fitting.service.gpus_pointer)
