"""Custom resources may be applied before their CRDs are there.

## What it checks

For each Flux Kustomization with custom resources: what brings their CRDs (a known chart, or CRDs in another
Kustomization) is certain to be ready before. It is, when `dependsOn` leads (also through others) to the Kustomization
that applies it, and that one waits for the HelmRelease (`wait: true` or a health check).

## Why it matters

Without that it depends on luck. Flux fails with `no matches for kind`, applies nothing of the Kustomization, and
tries again after `retryInterval` (or the whole interval), and every new cluster begins with red Kustomizations.

## Example

```yaml
kind: Kustomization
metadata:
  name: models   # NIMCache, NIMService
spec:
  path: ./models
```

## Use instead

```yaml
kind: Kustomization
metadata:
  name: models
spec:
  path: ./models
  dependsOn:
    - name: controllers   # applies the NIM operator, with `wait: true`
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.crds import Unordered, unordered
from nimfleet.cluster.flux.graph import Graph, graph_of
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import hit, short
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/crds-not-ordered",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "Flux, kustomize-controller 1.9: a Kustomization is ready when it is applied and what it waits for is ready"
    ),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Custom resources without an order; one finding for each API group of a Kustomization."""
    graph = graph_of(subject)
    for found in unordered(graph):
        if not found.together:
            yield _hit(graph, found)


def _hit(graph: Graph, found: Unordered) -> Hit:
    unit, item = found.unit, found.item
    bringer = (*found.releases, *found.crds)[0]
    what = f"{short(bringer)}, which brings the CRD of {item.id.kind}"
    if bringer.id.kind == "CustomResourceDefinition":
        what = f"the CRD of {item.id.kind}"
    owner = next(iter(graph.units_of(bringer)))
    if owner in graph.before(unit).ready:
        message = (
            f"Kustomization {unit.id.name} depends on {owner.id.name}, but that one does not wait for {what}; "
            f"set `wait: true` on {owner.id.name}"
        )
        return hit(owner.kustomization, message, "spec", "wait")
    message = (
        f"Kustomization {unit.id.name} applies {item.id.kind} {item.id.name}, but nothing makes it wait for {what}; "
    )
    return hit(unit.kustomization, message + _fix(graph, unit, owner, found), "spec", "dependsOn")


def _fix(graph: Graph, unit: Unit, owner: Unit, found: Unordered) -> str:
    if owner in graph.units_of(unit.kustomization):
        # Who applies a Kustomization cannot be ready before it, when it waits.
        return f"move {short((*found.releases, *found.crds)[0])} into a Kustomization of its own, and depend on that"
    waits = not found.releases or any(graph.waits_for(owner, release) for release in found.releases)
    return f"add `dependsOn` on {owner.id.name}" + ("" if waits else ", and `wait: true` there")
