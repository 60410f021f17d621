"""Custom resources may be applied before their CRDs are there.

## What it checks

For each Flux Kustomization with custom resources: what brings their CRDs (a known chart, or CRDs in another
Kustomization) is certain to be ready before. It is, when `dependsOn` leads (also through others) to the Kustomization
that applies it, and that one waits for the HelmRelease (`wait: true` or a health check). Where the CRDs are there,
but the release brings a webhook for their objects, the same is asked of that. CRDs that nimfleet.toml declares as
external (kind CustomResourceDefinition) are there from the start.

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

from collections.abc import Iterator, Sequence

from nimfleet.cluster.flux.bootstrap import bootstrap_of
from nimfleet.cluster.flux.crds import Unordered, owner_of, unordered
from nimfleet.cluster.flux.events import Why
from nimfleet.cluster.flux.graph import Graph, graph_of
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import listed, short
from nimfleet.rules.hits import hit
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
    """One finding for each Kustomization that must wait longer, or that must be waited for."""
    graph = graph_of(subject)
    circles = {
        link.event.object
        for deadlock in bootstrap_of(subject).deadlocks
        for link in deadlock.links
        if link.need.why is Why.KIND
    }
    later: dict[tuple[Unit, Unit], list[Unordered]] = {}
    idle: dict[Unit, list[Unordered]] = {}
    for found in subject.once(unordered):
        if found.together or found.unit.kustomization in circles:  # other rules tell of these
            continue
        owner = owner_of(graph, found)
        if owner in graph.before(found.unit).ready:
            idle.setdefault(owner, []).append(found)
        else:
            later.setdefault((found.unit, owner), []).append(found)
    for (unit, owner), entries in later.items():
        message = (
            f"Kustomization {unit.id.name} applies {listed(short(found.item) for found in entries)}, but nothing makes it wait "
            f"for {_bringers(entries)}; {_fix(graph, unit, owner, entries)}"
        )
        yield hit(unit.kustomization, message, ("spec", "dependsOn"))
    for owner, entries in idle.items():
        names = list(dict.fromkeys(found.unit.id.name for found in entries))
        verb = "depends" if len(names) == 1 else "depend"
        message = (
            f"{listed(names)} {verb} on Kustomization {owner.id.name}, but that one does not wait for {_bringers(entries)}; "
            f"set `wait: true` on {owner.id.name}"
        )
        yield hit(owner.kustomization, message, ("spec", "wait"))


def _bringers(entries: Sequence[Unordered]) -> str:
    """``HelmRelease karpenter, which brings the CRD of NodePool``."""
    if all(found.hook for found in entries):
        kinds = listed(found.item.id.kind for found in entries)
        return f"{listed(short(found.bringer) for found in entries)}, whose webhook must let {kinds} pass"
    releases = [short(found.bringer) for found in entries if found.releases]
    kinds = listed(dict.fromkeys(found.item.id.kind for found in entries))
    if not releases:
        return f"the CRD of {kinds}"
    return f"{listed(releases)}, which {'brings' if len(set(releases)) == 1 else 'bring'} the CRD of {kinds}"


def _fix(graph: Graph, unit: Unit, owner: Unit, entries: Sequence[Unordered]) -> str:
    if owner in graph.units_of(unit.kustomization):
        # Who applies a Kustomization cannot be ready before it, when it waits.
        return f"move {short(entries[0].bringer)} into a Kustomization of its own, and depend on that"
    waits = all(graph.waits_for(owner, release) for found in entries for release in found.releases[:1])
    return f"add `dependsOn` on {owner.id.name}" + ("" if waits else ", and `wait: true` there")
