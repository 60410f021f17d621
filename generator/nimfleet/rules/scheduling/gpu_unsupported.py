"""The GPUs of a service cannot run its model.

## What it checks

On the instance types on which Karpenter puts a NIMService (or an enabled service of a NIMPipeline) first, the GPUs
have the compute capability that the NIM needs (7.5, or more where its documentation says so), compute in the precision
of its profile, are not ruled out by its support matrix, and are in amd64 machines.

## Why it matters

V100 (p3) is below what NIM supports; T4 (g4dn) has no bf16, and A10G and A100 no fp8. NIM finds no profile that it
could run there and ends, after the node is bought and the model downloaded.

## Example

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      model:
        precision: bf16   # for a service on g4dn
```

## Use instead

```yaml
nodeSelector:
  karpenter.k8s.aws/instance-gpu-name: l4
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
    "scheduling/gpu-unsupported",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "NVIDIA NIM support matrices, as nimfleet's catalog names them for each model; NVIDIA GPU architectures: "
        "compute capabilities and formats"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """What comes first does not compute this."""
    for fitting in cluster.once(fittings):
        unfit = fitting.verdict
        if unfit is None or unfit.doubt is not Doubt.UNSUPPORTED or fitting.service.model is None:
            continue
        selector = narrower(fitting, Doubt.MEMORY)
        fix = f"select {selector}" if selector else "choose a NodePool with other GPUs"
        message = (
            f"{fitting.service.model.id} {unfit.reason}: {fitting.first.name}, which NodePool `{fitting.pool}` makes "
            "first for "
            f"NIMService `{fitting.service.name}`, has {gpu_of(fitting.first)}; {fix}"
        )
        pods = fitting.pods
        yield hit(pods.owner, message, pods.pointer("nodeSelector" if "nodeSelector" in pods.pointers else "resources"))
