"""`dependsOn` names something that does not exist.

## What it checks

Each entry of `dependsOn` of a Kustomization names a Kustomization, and of a HelmRelease a HelmRelease, in the
namespace that it says (by default its own). Where Flux may get objects from elsewhere, only such names are reported
that are nearly right.

## Why it matters

Flux waits for it for ever (`dependency not found`), and never applies the object. A Kustomization cannot depend on a
HelmRelease: it depends on the Kustomization that applies the release and waits for it.

## Example

```yaml
kind: Kustomization
metadata:
  name: models
  namespace: flux-system
spec:
  dependsOn:
    - name: controler
```

## Use instead

```yaml
dependsOn:
  - name: controllers
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.charts import HELM
from nimfleet.cluster.flux.graph import Graph, Reference, depends_on, graph_of
from nimfleet.cluster.model import Cluster, World
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.repository.overlay import FLUX_GROUP
from nimfleet.rules.flux import closed, elsewhere
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_OTHER = {"Kustomization": (HELM, "HelmRelease"), "HelmRelease": (FLUX_GROUP, "Kustomization")}


@rule(
    "flux/missing-dependency",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Flux, kustomize-controller 1.9 and helm-controller 1.6, checkDependencies: only objects of their own kind"
    ),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Dependencies that nothing in the cluster answers to."""
    graph = graph_of(subject)
    if not graph.units:
        return
    for group, kind in ((FLUX_GROUP, "Kustomization"), (HELM, "HelmRelease")):
        for item in subject.kind(group, kind):
            for reference in depends_on(item):
                if subject.find(group, kind, reference.namespace, reference.name) is None:
                    yield from _missing(subject, graph, item, reference)


def _missing(cluster: Cluster, graph: Graph, item: KubeObject, reference: Reference) -> Iterator[Hit]:
    group, kind = item.id.group, item.id.kind
    if cluster.declared(kind, reference.namespace, reference.name) is not None:
        return
    homeless = any(found.id.name == reference.name and not found.id.namespace for found in cluster.kind(group, kind))
    if homeless and cluster.world is World.PART:
        return  # a kustomization.yaml that is not looked at may give it this namespace
    other = cluster.find(*_OTHER[kind], reference.namespace, reference.name)
    hint = elsewhere(cluster, cluster.kind(group, kind), reference.namespace, reference.name, item)
    if other is not None and item.id.kind == "Kustomization":
        owners = [unit.id.name for unit in graph.units_of(other) if unit.kustomization is not item]
        way = f"depend on Kustomization {owners[0]}, which applies it" if owners else "wait for it with a health check"
        hint = f"that is a HelmRelease, and a Kustomization depends on Kustomizations only: {way}"
    elif other is not None:
        hint = "that is a Kustomization, and a HelmRelease depends on HelmReleases only"
    if not hint and not closed(cluster):
        return
    where = f"{reference.namespace}/{reference.name}"
    message = f"there is no {kind} `{where}`, so that {item.id.name} waits for ever; {hint or 'take the entry away'}"
    yield hit(item, message, reference.pointer)
