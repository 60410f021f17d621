"""Flux objects depend on each other in a circle.

## What it checks

`dependsOn` of Kustomizations, and of HelmReleases, also across namespaces: no object waits, through others, for
itself.

## Why it matters

Each waits until the next one is ready, so that none of them is ever applied. Flux says `dependency not ready` for
ever, and nothing that depends on them comes up either. A circle of Kustomizations also stops the news of new commits of
their source, the commit that mends it included, until each one's interval has passed.

## Example

```yaml
kind: Kustomization
metadata:
  name: configs
spec:
  dependsOn:
    - name: models   # and models depends on configs
```

## Use instead

```yaml
kind: Kustomization
metadata:
  name: configs
spec:
  dependsOn:
    - name: controllers
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.bootstrap import bootstrap_of
from nimfleet.cluster.flux.events import Why
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import short
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_OWN = frozenset({Why.DEPENDENCY, Why.PARTS})


@rule(
    "flux/dependency-cycle",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Flux, kustomize-controller 1.9 and helm-controller 1.6, checkDependencies",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Circles of ``dependsOn`` and nothing else; that an object names itself is told where its spec is judged."""
    for deadlock in bootstrap_of(subject).deadlocks:
        edges = [link for link in deadlock.links if link.need.why is Why.DEPENDENCY and link.need.events]
        if not edges or not deadlock.reasons <= _OWN or len({link.event.object for link in edges}) < 2:
            continue
        first = min(range(len(edges)), key=lambda index: str(edges[index].event.object.id))
        edges = edges[first:] + edges[:first]
        names = [short(link.event.object) for link in edges]
        circle = " -> ".join([*names, names[0]])
        message = f"{circle}: each waits for the next one, so that none is ever applied; take one `dependsOn` away"
        yield hit(edges[0].event.object, message, edges[0].need.pointer)
