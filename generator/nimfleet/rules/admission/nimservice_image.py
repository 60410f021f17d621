"""A NIMService names no image.

## What it checks

`image.repository` and `image.tag` of a NIMService, or of an enabled service of a NIMPipeline, are not
empty. That they are there at all is in the schema.

## Why it matters

The operator's webhook refuses the object; without the webhook, the pod's image cannot be pulled.

## Example

```yaml
kind: NIMService
spec:
  image:
    repository: nvcr.io/nim/meta/llama-3.1-8b-instruct
    tag: ""
```

## Use instead

```yaml
image:
  repository: nvcr.io/nim/meta/llama-3.1-8b-instruct
  tag: 1.3.3
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.report.finding import Severity
from nimfleet.rules.admission import get, hit, mapping
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-image",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateImageConfiguration"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Empty parts of the image."""
    image = mapping(get(subject.spec, "image"))
    for part in ("repository", "tag"):
        if image.get(part) == "":
            yield hit(subject, f"`image.{part}` is empty: the operator's webhook refuses that", "image", part)
