"""The GPUs of a service are too small for its model.

## What it checks

A NIMService (or an enabled service of a NIMPipeline) whose image is in nimfleet's catalog has room for the model's
weights, in the precision of its profile or cache, on as many GPUs as it requests, of the kind on which Karpenter puts
it first. A minimum that the model's own documentation states counts instead, and a profile that is published for the
GPU is believed. What `a100` means is taken from the instance types that are allowed: 40 GB on p4d, 80 GB on p4de.

## Why it matters

The pod is scheduled, the node is bought and the model downloaded, and then the engine runs out of memory, again and
again.

## Example

```yaml
kind: NIMService
spec:
  image:
    repository: nvcr.io/nim/meta/llama-3.1-70b-instruct
  resources:
    limits:
      nvidia.com/gpu: 1   # 130 GiB of weights in bf16
  nodeSelector:
    karpenter.k8s.aws/instance-gpu-name: a100
```

## Use instead

```yaml
resources:
  limits:
    nvidia.com/gpu: 4
nodeSelector:
  karpenter.k8s.aws/instance-gpu-name: a100
  karpenter.k8s.aws/instance-gpu-memory: "81920"
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
    "scheduling/gpu-too-small",
    subject=Cluster,
    severity=Severity.ERROR,
    source="nimfleet's catalog: sizes of models with their sources; karpenter-provider-aws 1.14.1, instance type reference",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Weights that do not fit on the GPUs that Karpenter takes first."""
    for fitting in cluster.once(fittings):
        unfit = fitting.verdict
        if unfit is None or unfit.doubt is not Doubt.MEMORY or fitting.service.model is None:
            continue
        selector = narrower(fitting, Doubt.MEMORY)
        fix = f"select {selector}" if selector else "request more GPUs, or choose larger ones or a smaller precision"
        message = (
            f"{fitting.service.model.id} {unfit.reason}, and {fitting.first.name}, which NodePool `{fitting.pool}` "
            "makes first for "
            f"NIMService `{fitting.service.name}`, has {gpu_of(fitting.first)}: {fix}"
        )
        yield hit(fitting.service.object, message, fitting.service.gpus_pointer)
