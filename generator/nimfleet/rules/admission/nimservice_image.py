"""A NIMService names no image, or none that there can be.

## What it checks

`image.repository` and `image.tag` of a NIMService, or of an enabled service of a NIMPipeline, are not
empty, the repository has no capitals in its path, and no tag or digest of its own. That they are there at all is in
the schema.

## Why it matters

The operator's webhook refuses the object; without the webhook, the pod's image cannot be pulled. The operator joins
both with a colon: a repository with a tag or a capital is no image to the kubelet, and the pod stays at
InvalidImageName.

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
from nimfleet.rules.admission import get, hit, mapping, text
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.subjects import AdmittedService


@rule(
    "admission/nimservice-image",
    subject=AdmittedService,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2, "
        "internal/webhook/apps/v1alpha1/nimservice_webhook_validation_helper.go, "
        "validateImageConfiguration; api/apps/v1alpha1/nimservice_types.go, GetImage; distribution reference grammar"
    ),
)
def check(subject: AdmittedService) -> Iterator[Hit]:
    """Empty parts of the image, and repositories that are no names."""
    image = mapping(get(subject.spec, "image"))
    for part in ("repository", "tag"):
        if image.get(part) == "":
            yield hit(subject, f"`image.{part}` is empty: the operator's webhook refuses that", "image", part)
    repository = text(image.get("repository"))
    if "$" in repository:
        return
    path = repository.partition("/")[2]
    bare = repository.partition("@")[0]
    if "@" in repository or ":" in bare.rpartition("/")[2]:
        name = bare.rpartition(":")[0] if ":" in bare.rpartition("/")[2] else bare
        message = f"the operator puts `image.tag` behind `{repository}`, which then is no image: write `{name}`"
        yield hit(subject, message, "image", "repository")
    elif path != path.lower():
        name = f"{repository.partition('/')[0]}/{path.lower()}"
        message = f"the name of an image has no capitals, so that `{repository}` is none: write `{name}`"
        yield hit(subject, message, "image", "repository")
