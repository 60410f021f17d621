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
from nimfleet.cluster.flux.events import Event, What
from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.flux.namespaces import Late, late
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import hit, short
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/namespace-not-ordered",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, fluxcd/pkg ssa, ApplyAllStaged; helm-controller 1.6: install.createNamespace",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Namespaces without an order; one finding for each Kustomization and namespace."""
    graph = graph_of(subject)
    found = list(late(graph))
    never = set(bootstrap_of(subject).blocked) if found else set()
    for entry in found:
        what = What.INSTALLING if entry.item in graph.charts and entry.pointer[0] == "spec" else What.APPLIED
        by = entry.item if what is What.INSTALLING else entry.unit.kustomization
        if Event(what, by) not in never:
            yield _hit(entry)


def _hit(entry: Late) -> Hit:
    owner = entry.owner
    where = f"Namespace {entry.namespace.id.name}, which Kustomization {owner.id.name} creates"
    message = (
        f"Kustomization {entry.unit.id.name} applies {short(entry.item)}, but nothing makes it wait for {where}; "
        f"add `dependsOn` on {owner.id.name}"
    )
    return hit(entry.unit.kustomization, message, "spec", "dependsOn")
