"""A NIMCache may download every profile of a model.

## What it checks

A NIMCache from NGC sets one of `profiles`, `gpus`, `engine`, `precision`, `tensorParallelism`,
`qosProfile`, `lora` and `buildable` under `source.ngc.model`, or a `modelEndpoint`.

## Why it matters

Without a filter, the operator takes the profiles for the GPUs of the nodes that are there. Where none is,
as before Karpenter buys one, it takes them all, which can be many times the size of one.

## Example

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      modelPuller: nvcr.io/nim/meta/llama-3.1-8b-instruct:1.3.3
      authSecret: ngc-api-secret
```

## Use instead

```yaml
source:
  ngc:
    model:
      engine: tensorrt_llm
      gpus:
        - product: l40s
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache


@rule(
    "admission/nimcache-unfiltered",
    subject=AdmittedCache,
    severity=Severity.INFO,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, internal/nimparser/v1 and v2, MatchProfiles; "
        "internal/controller/nimcache_controller.go, reconcileModelSelection"
    ),
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """No filter at all."""
    source = get(subject.spec, "source", "ngc")
    if not isinstance(source, dict) or text(source.get("modelEndpoint")):
        return
    model = source.get("model")
    if any(value not in (None, "", []) for value in mapping(model).values()):
        return
    message = "nothing says which profiles: where no GPU node is there yet, all of them are downloaded"
    yield hit(subject, message, "source", "ngc", *(("model",) if model is not None else ()))
