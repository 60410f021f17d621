"""A NIMService asks for no GPU.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, requests GPUs under `resources` or `draResources`, or
names a profile of its cache, from which the operator takes the number.

## Why it matters

Nothing else makes the operator request GPUs: the pod is put on any node, and the model does not start
there.

## Example

```yaml
kind: NIMService
spec:
  storage:
    nimCache:
      name: llama
  resources:
    limits:
      memory: 32Gi
```

## Use instead

```yaml
resources:
  limits:
    memory: 32Gi
    nvidia.com/gpu: 1
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import GPU, asks_for_gpu, get, hit, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-gpu-not-requested",
    subject=AdmittedService,
    severity=Severity.WARNING,
    source=("NVIDIA k8s-nim-operator 3.1.2, internal/controller/platform/standalone/nimservice.go, addGPUResources"),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """No GPU, and nothing that brings one."""
    spec = subject.spec
    if not isinstance(spec, dict) or asks_for_gpu(spec) or text(get(spec, "storage", "nimCache", "profile")):
        return
    message = (
        f"no GPU is requested, and no profile of a cache is named that says how many are needed: "
        f"set {GPU} under `resources.limits`"
    )
    yield hit(subject, message, *(("resources",) if get(spec, "resources") is not None else ()))
