"""A NIMCache filters generic profiles by GPU.

## What it checks

A NIMCache with the engine `vllm` has no `gpus`, unless it names `profiles`.

## Why it matters

Profiles for vLLM are mostly for any GPU, and carry no GPU; the filter drops every profile that does. With
nothing left, the download ends with an error.

## Example

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      model:
        engine: vllm
        gpus:
          - product: l40s
```

## Use instead

```yaml
model:
  engine: vllm
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, sequence, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache


@rule(
    "admission/nimcache-gpu-filter",
    subject=AdmittedCache,
    severity=Severity.WARNING,
    source="NVIDIA k8s-nim-operator 3.1.2, internal/nimparser/v1 and v2, MatchProfiles",
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """vLLM and GPUs."""
    model = mapping(get(subject.spec, "source", "ngc", "model"))
    if text(model.get("engine")).casefold() == "vllm" and sequence(model.get("gpus")):
        message = "`gpus` drops the profiles that are for any GPU, as those of vLLM mostly are: leave it out, or name `profiles`"
        yield hit(subject, message, "source", "ngc", "model", "gpus")
