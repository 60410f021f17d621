"""A NIMCache does not say what to download with.

## What it checks

`source.ngc.modelPuller` of a NIMCache is not empty, nor is `authSecret` where the pinned release of the
operator needs it (before 3.1.3).

## Why it matters

The operator's webhook refuses the object.

## Example

```yaml
kind: NIMCache
spec:
  source:
    ngc:
      modelPuller: ""
```

## Use instead

```yaml
source:
  ngc:
    modelPuller: nvcr.io/nim/meta/llama-3.1-8b-instruct:1.3.3
    authSecret: ngc-api-secret
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping
from nimfleet.rules.admission.behaviour import behaviour
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedCache


@rule(
    "admission/nimcache-source",
    subject=AdmittedCache,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimcache_webhook_validation_helper.go, validateNGCSource; "
        "authSecret optional since 3.1.3"
    ),
)
def check(subject: AdmittedCache) -> Iterator[Hit]:
    """Empty parts of the source."""
    source = mapping(get(subject.spec, "source", "ngc"))
    if source.get("modelPuller") == "":
        message = "`modelPuller` is empty: name the NIM's image, which downloads its model"
        yield hit(subject, message, "source", "ngc", "modelPuller")
    if source.get("authSecret") == "" and behaviour(subject.cluster.pins).needs_auth_secret:
        message = "`authSecret` is empty: this release of the operator needs the name of the Secret with NGC_API_KEY"
        yield hit(subject, message, "source", "ngc", "authSecret")
