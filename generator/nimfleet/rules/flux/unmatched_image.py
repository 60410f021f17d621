"""An entry of `images` changes nothing.

## What it checks

The `name` of each entry of `images` in a kustomization.yaml, and in a Flux Kustomization, is the image of a container
of what is built.

## Why it matters

kustomize looks at `containers` and `initContainers` only, and passes over an entry that fits none, without a word:
the tag that was to be pinned is not. The image of a NIMService, NIMCache or HelmRelease is in other fields, which
`images` never changes.

## Example

```yaml
images:
  - name: nvcr.io/nim/meta/llama-3.1-8b-instruct   # of a NIMService
    newTag: 1.3.3
```

## Use instead

```yaml
patches:
  - target:
      kind: NIMService
      name: llama
    patch: |-
      - op: replace
        path: /spec/image/tag
        value: 1.3.3
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.patches import Unmatched, unmatched_entries
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.repository.selectors import What, images
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import nearest


@rule(
    "flux/unmatched-image",
    subject=Cluster,
    severity=Severity.WARNING,
    source="kustomize: ImageTagTransformer, which goes through containers and initContainers",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Entries that fit no container."""
    for found in subject.once(unmatched_entries):
        if found.what is What.IMAGE:
            name = text(found.value.get("name"))
            message = f"no container has the image `{name}`, so that this entry changes nothing; {_hint(found, name)}"
            yield Hit(found.place, message, found.object, found.pointer)


def _hint(found: Unmatched, name: str) -> str:
    for item in found.candidates:
        if item.id.group == NIM and name in (
            text(get(item.value, "spec", "image", "repository")),
            text(get(item.value, "spec", "source", "ngc", "modelPuller")).rpartition(":")[0],
        ):
            return f"kustomize does not look at {item.id.kind} {item.id.name}, which has it: patch its image instead"
    near = nearest(name, {image for item in found.candidates for image in images(item.value)})
    return f"did you mean `{near}`?" if near else "correct the name, or take the entry away"
