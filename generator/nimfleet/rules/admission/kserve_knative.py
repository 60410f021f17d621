"""A NIMService wants of Knative what Knative does itself.

## What it checks

A NIMService, or an enabled service of a NIMPipeline, with `inferencePlatform: kserve` in Knative mode has
neither `scale`, `expose.ingress`, `expose.router` nor `metrics` on. Knative is the mode when `annotations`
do not set `serving.kserve.io/deploymentMode` to another.

## Why it matters

The operator's webhook refuses the object.

## Example

```yaml
kind: NIMService
spec:
  inferencePlatform: kserve
  scale:
    enabled: true
```

## Use instead

```yaml
annotations:
  serving.kserve.io/deploymentMode: Standard
inferencePlatform: kserve
scale:
  enabled: true
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import enabled, get, hit, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService

_MODE = "serving.kserve.io/deploymentMode"


def _message(what: str) -> str:
    return f"`{what}` does not go with KServe in Knative mode: set the annotation {_MODE} to Standard, or leave it out"


@rule(
    "admission/kserve-knative",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateKServeConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """What Knative mode does not go with."""
    spec = subject.spec
    if get(spec, "inferencePlatform") != "kserve":
        return
    mode = get(spec, "annotations", _MODE)
    if mode is not None and text(mode).casefold() not in ("knative", "serverless"):
        return
    for path in (("scale",), ("expose", "ingress"), ("metrics",)):
        if enabled(spec, *path):
            yield hit(subject, _message(".".join((*path, "enabled"))), *path, "enabled")
    for kind in ("ingress", "gateway"):
        if get(spec, "expose", "router", kind) is not None:
            yield hit(subject, _message(f"expose.router.{kind}"), "expose", "router", kind)
