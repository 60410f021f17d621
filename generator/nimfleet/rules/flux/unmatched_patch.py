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

from nimfleet.cluster.flux.patches import Unmatched, unmatched_entries
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import text
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import nearest


@rule(
    "flux/unmatched-patch",
    subject=Cluster,
    severity=Severity.WARNING,
    source="kustomize: PatchTransformer, which selects objects by target",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Patches whose target selects nothing."""
    for found in subject.once(unmatched_entries):
        if not found.image:
            what = ", ".join(f"{key} `{value}`" for key, value in found.value.items() if text(value))
            message = f"this patch changes nothing: there is no object with {what}; {_hint(found)}"
            yield Hit(found.place, message, found.object, found.pointer)


def _hint(found: Unmatched) -> str:
    kind, name = text(found.value.get("kind")), text(found.value.get("name"))
    of_kind = [item.id for item in found.candidates if item.id.kind == kind]
    if kind and not of_kind:
        near = nearest(kind, {item.id.kind for item in found.candidates})
        return f"did you mean kind `{near}`?" if near and near != kind else f"nothing of kind {kind} is built here"
    near = nearest(name, {identity.name for identity in of_kind} or {item.id.name for item in found.candidates})
    if near and near != name:
        return f"did you mean `{near}`?"
    return "correct the target, or take the patch away"
