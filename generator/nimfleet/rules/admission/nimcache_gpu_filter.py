"""A NIMCache filters generic profiles by GPU.

## What it checks

A NIMCache with the engine `vllm` has no `gpus`, unless it names `profiles`, or the catalog knows profiles
of that NIM for vLLM that are for one GPU, or none at all.

## Why it matters

Profiles for vLLM are mostly for any GPU, and carry no GPU; the filter drops every profile that does not.
With nothing left, the download ends with an error.

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


def _is_generic(image: str) -> bool:
    """Whether the vLLM profiles of a NIM are for any GPU, as far as is known; of an image that is not, they
    are."""
    from nimfleet.catalog.load import load_catalog  # noqa: PLC0415 - few caches come this far
    from nimfleet.catalog.model import GENERIC  # noqa: PLC0415

    name, colon, tag = image.rpartition(":")
    repository = name if colon and "/" not in tag else image
    for model in load_catalog().models.values():
        if model.image == repository:
            found = {profile.gpu for profile in model.profiles if profile.engine == "vllm"}
            return found == {GENERIC}
    return True


@rule(
    "admission/nimcache-gpu-filter",
    subject=AdmittedCache,
    severity=Severity.WARNING,
    source="NVIDIA k8s-nim-operator 3.1.2, internal/nimparser/v1 and v2, MatchProfiles; nimfleet's catalog",
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """vLLM and GPUs."""
    source = get(subject.spec, "source", "ngc")
    model = mapping(get(source, "model"))
    if (
        text(model.get("engine")).casefold() != "vllm"
        or not sequence(model.get("gpus"))
        or sequence(model.get("profiles"))
    ):
        return
    if _is_generic(text(get(source, "modelPuller"))):
        message = (
            "`gpus` drops the profiles that are for any GPU, as those of vLLM are: leave it out, or name `profiles`"
        )
        yield hit(subject, message, "source", "ngc", "model", "gpus")
