"""Objects may be applied before their namespace is there.

## What it checks

For each Flux Kustomization and the namespaces that its objects are in, and for `targetNamespace` of HelmReleases
without `createNamespace`: where another Kustomization applies the Namespace, it is certain to have done so before.

## Why it matters

Flux fails with `namespace not found`, applies nothing of the Kustomization, and tries again after `retryInterval`. A
HelmRelease uses up its retries.

## Example

```yaml
kind: Kustomization
metadata:
  name: models   # objects in namespace nim-service, which Kustomization sources creates
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
    - name: sources
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.bootstrap import bootstrap_of
from nimfleet.cluster.flux.crds import owner_of, unordered
from nimfleet.cluster.flux.events import Event, What
from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.flux.namespaces import Late, late
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import listed, short
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/namespace-not-ordered",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, fluxcd/pkg ssa, ApplyAllStaged; helm-controller 1.6: install.createNamespace",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Namespaces without an order; one finding for each Kustomization and the one that creates them."""
    graph = graph_of(subject)
    found = list(late(graph))
    never = set(bootstrap_of(subject).blocked) if found else set()
    missing: dict[tuple[Unit, Unit], list[Late]] = {}
    for entry in found:
        release = entry.item in graph.charts and entry.pointer[0] == "spec"
        event = Event(What.INSTALLING, entry.item) if release else Event(What.APPLIED, entry.unit.kustomization)
        if event not in never and not _mended(subject, entry):
            missing.setdefault((entry.unit, entry.owner), []).append(entry)
    for (unit, owner), entries in missing.items():
        names = listed(f"Namespace {entry.namespace.id.name}" for entry in entries)
        message = (
            f"Kustomization {unit.id.name} applies {listed(short(entry.item) for entry in entries)}, but nothing makes it wait "
            f"for {names}, which Kustomization {owner.id.name} creates; add `dependsOn` on {owner.id.name}"
        )
        yield hit(unit.kustomization, message, ("spec", "dependsOn"))


def _mended(cluster: Cluster, entry: Late) -> bool:
    """Whether the order that the CRDs need, which another rule asks for, is enough for the namespace, too."""
    graph = graph_of(cluster)
    for found in cluster.once(unordered):
        before = graph.before(entry.unit).ready
        if (found.unit is entry.unit or found.unit in before) and not found.together:
            owner = owner_of(graph, found)
            if entry.owner is owner or entry.owner in graph.before(owner).applied:
                return True
    return False
