"""The operator is to add GPUs to resources that lack half.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, that names a profile of its cache and requests no GPU
has both `requests` and `limits` under `resources`, or no `resources`.

## Why it matters

The operator writes the profile's GPUs into both. Where one is missing it writes into a map that is not
there, and crashes, when the cache is of an optimized NIM from NGC.

## Example

```yaml
kind: NIMService
spec:
  storage:
    nimCache:
      name: llama
      profile: abc
  resources:
    limits:
      memory: 32Gi
```

## Use instead

```yaml
resources:
  requests:
    memory: 32Gi
    nvidia.com/gpu: 1
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
    "admission/nimservice-partial-resources",
    subject=AdmittedService,
    severity=Severity.WARNING,
    source=("NVIDIA k8s-nim-operator 3.1.2, internal/controller/platform/standalone/nimservice.go, addGPUResources"),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """One of requests and limits, where the operator writes into both."""
    spec = subject.spec
    resources = get(spec, "resources")
    if not isinstance(resources, dict) or asks_for_gpu(spec) or not text(get(spec, "storage", "nimCache", "profile")):
        return
    missing = [part for part in ("requests", "limits") if resources.get(part) is None]
    if missing:
        message = (
            f"the operator adds the GPUs of the profile to requests and limits, and crashes without `{missing[0]}`: "
            f"set {GPU} in both yourself"
        )
        yield hit(subject, message, "resources")
