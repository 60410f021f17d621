"""A Flux Kustomization names a source that does not exist.

## What it checks

`sourceRef` of each Kustomization names a GitRepository, OCIRepository or Bucket of that kind and namespace. The one
named `flux-system`, which `flux bootstrap` or a FluxInstance makes, need not be in the repository. Where Flux may get
objects from elsewhere, only such names are reported that are nearly right.

## Why it matters

Flux finds no artifact, and applies nothing of the Kustomization.

## Example

```yaml
kind: Kustomization
metadata:
  name: apps
  namespace: apps
spec:
  sourceRef:
    kind: GitRepository
    name: fleet   # which is in namespace flux-system
```

## Use instead

```yaml
sourceRef:
  kind: GitRepository
  name: fleet
  namespace: flux-system
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.charts import SOURCES
from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import closed, elsewhere, listed
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_KINDS = ("GitRepository", "OCIRepository", "Bucket")
_GIVEN = "flux-system"


@rule(
    "flux/missing-source",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Flux, kustomize-controller 1.9, getSource",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Sources that nothing in the cluster answers to."""
    for unit in graph_of(subject).units.values():
        item = unit.kustomization
        reference = get(item.value, "spec", "sourceRef")
        kind, name = text(get(reference, "kind")), text(get(reference, "name"))
        namespace = text(get(reference, "namespace")) or item.id.namespace
        if kind not in _KINDS or not name or subject.find(SOURCES, kind, namespace, name) is not None:
            continue
        if subject.declared(kind, namespace, name) is not None:
            continue
        others = [other for other in _KINDS if subject.find(SOURCES, other, namespace, name) is not None]
        hint = (
            f"`{name}` is of kind {others[0]}"
            if others
            else elsewhere(subject, subject.kind(SOURCES, kind), namespace, name)
        )
        if not hint and (name == _GIVEN or not closed(subject)):
            continue
        if not hint:
            known = listed(f"`{other.id.name}`" for other in subject.kind(SOURCES, kind))
            hint = f"declare it, or name one that exists, such as {known}" if known else "declare it"
        called = f"{namespace}/{name}" if namespace else name
        message = f"there is no {kind} `{called}`, so that nothing of {item.id.name} is applied; "
        yield hit(item, message + hint, ("spec", "sourceRef", "name"))
