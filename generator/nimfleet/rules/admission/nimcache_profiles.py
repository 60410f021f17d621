"""A NIMCache names profiles and filters for them.

## What it checks

With `source.ngc.model.profiles`, a NIMCache has no other filter (`precision`, `engine`,
`tensorParallelism`, `qosProfile`, `gpus`, `lora`, `buildable`), and `all` is the only profile.

## Why it matters

The operator's webhook refuses the object. Without the webhook, the filters do nothing.

## Example

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      model:
        profiles: [all]
        engine: tensorrt_llm
```

## Use instead

```yaml
model:
  engine: tensorrt_llm
  precision: fp16
  tensorParallelism: "1"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping, sequence
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache

_FILTERS = ("precision", "engine", "tensorParallelism", "qosProfile", "gpus", "lora", "buildable")


@rule(
    "admission/nimcache-profiles",
    subject=AdmittedCache,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimcache_webhook_validation_helper.go, validateModel"
    ),
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """Filters beside profiles, and profiles beside all."""
    model = mapping(get(subject.spec, "source", "ngc", "model"))
    profiles = sequence(model.get("profiles"))
    if not profiles:
        return
    if "all" in profiles and len(profiles) != 1:
        message = "`all` is every profile: the operator's webhook takes it only alone"
        yield hit(subject, message, "source", "ngc", "model", "profiles", list(profiles).index("all"))
    for name in _FILTERS:
        if model.get(name) not in (None, "", []):
            message = f"`{name}` beside `profiles`: the operator's webhook takes profiles or filters, not both"
            yield hit(subject, message, "source", "ngc", "model", name)
