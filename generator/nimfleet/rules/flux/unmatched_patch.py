"""A patch with a target changes nothing.

## What it checks

The `target` of each patch in a kustomization.yaml, and in `patches` of a Flux Kustomization, selects an object of
what is built: by group, version, kind, name and namespace (regular expressions for the whole text), labels and
annotations.

## Why it matters

kustomize passes over a patch whose target selects nothing, without a word. What it was to change stays as it is:
replicas, an image, a node selector.

## Example

```yaml
patches:
  - path: gpu.yaml
    target:
      kind: NIMService
      name: lama   # the service is named llama
```

## Use instead

```yaml
patches:
  - path: gpu.yaml
    target:
      kind: NIMService
      name: llama
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.patches import unmatched_entries
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.repository.selectors import What
from nimfleet.rules.flux.words import nothing_with
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/unmatched-patch",
    subject=Cluster,
    severity=Severity.WARNING,
    source="kustomize: PatchTransformer, which selects objects by target",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Patches whose target selects nothing."""
    for found in subject.once(unmatched_entries):
        if found.what is What.PATCH:
            message = f"this patch changes nothing: {nothing_with(found)}"
            yield Hit(found.place, message, found.object, found.pointer)
