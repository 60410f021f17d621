"""Flux cannot bring the cluster up from nothing: objects wait for each other in a circle.

## What it checks

The order in which Flux brings up an empty cluster, step by step (`nimfleet bootstrap-order` prints it):
Kustomizations after what applies them, their source, `dependsOn`, and ConfigMaps that they substitute from; ready
only with what they wait for; HelmReleases after theirs; caches, stores and volumes after what they name. The smallest
circle is reported, unless another rule has a name for it.

## Why it matters

None of the objects in the circle ever becomes ready, nor anything that depends on them. A cluster that was built up
over time may not show it: the day it has to be built anew, it does.

## Example

```yaml
# applied by Kustomization flux-system, which has `wait: true` and so is ready only when apps is
kind: Kustomization
metadata:
  name: apps
spec:
  dependsOn:
    - name: flux-system
```

## Use instead

Break the circle at one place: take the `dependsOn` away (what applies a Kustomization always comes before it), or do
not wait there.

```yaml kind: Kustomization metadata: name: apps spec: dependsOn: - name: sources ```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.bootstrap import bootstrap_of
from nimfleet.cluster.flux.events import Deadlock, What, Why
from nimfleet.cluster.flux.graph import Graph, graph_of
from nimfleet.cluster.flux.shared import shared
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.flux import short
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_NAMED = frozenset({Why.DEPENDENCY, Why.PARTS})
_PARTS = frozenset({Why.PARTS})
_ORDER = {Why.DEPENDENCY: 0, Why.KIND: 1}
"""Where a circle is shown: at what people can best change."""


@rule(
    "flux/deadlock",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("Flux, kustomize-controller 1.9 and helm-controller 1.6: dependsOn, wait, healthChecks, postBuild"),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Circles that no other rule names."""
    graph = graph_of(subject)
    nested: set[KubeObject] | None = None
    for deadlock in bootstrap_of(subject).deadlocks:
        if _named(graph, deadlock):
            continue
        if nested is None:
            pairs = [found.nested for found in shared(graph) if found.nested is not None]
            nested = {unit.kustomization for pair in pairs for unit in pair}
        if nested.intersection(link.event.object for link in deadlock.links):
            continue
        links = [link for link in deadlock.links if link.need.why not in _PARTS]
        first = min(range(len(links)), key=lambda index: (_ORDER.get(links[index].need.why, len(_ORDER)), index))
        links = links[first:] + links[:first]
        waits = "; ".join(f"{short(link.event.object)} waits for {link.need.words}" for link in links)
        message = f"on an empty cluster {waits}: none of them ever happens; {_fix(graph, deadlock)}"
        yield hit(links[0].need.object, message, links[0].need.pointer)


def _named(graph: Graph, deadlock: Deadlock) -> bool:
    """Whether another rule tells of the circle (or of the condition that nothing meets)."""
    if not deadlock.links[0].need.events or deadlock.reasons <= _NAMED or Why.NAMESPACE in deadlock.reasons:
        return True
    for link in deadlock.links:
        if link.need.why is Why.KIND and link.event.what is What.APPLIED:
            units = [unit for event in link.need.events for unit in graph.units_of(event.object)]
            if any(unit.kustomization is link.event.object for unit in units):
                return True
        if link.event.what is What.READY and link.event.object.id.kind == "PersistentVolumeClaim":
            return True
    return False


def _fix(graph: Graph, deadlock: Deadlock) -> str:
    for link in deadlock.links:
        target = link.need.events[0].object
        if link.need.why is Why.DEPENDENCY and any(
            unit.kustomization is target for unit in graph.units_of(link.event.object)
        ):
            return f"take that `dependsOn` away, as {short(target)} applies {short(link.event.object)} and comes first anyhow"
    if Why.CONFIG in deadlock.reasons:
        return "apply what it reads its values from in a Kustomization that comes first"
    for link in deadlock.links:
        if link.need.why is Why.WAIT:
            return f"do not let {short(link.event.object)} wait for that"
    for link in deadlock.links:
        if link.need.why is Why.KIND and link.event.what is What.APPLIED:
            bringers = [unit for event in link.need.events for unit in graph.units_of(event.object)]
            names = f" that depends on {bringers[0].id.name}" if bringers else ""
            return f"move {short(link.need.object)} into a Kustomization of its own{names}"
    return "break the circle at one of these places"
