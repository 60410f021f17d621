"""Variables may be read before their ConfigMap or Secret is there.

## What it checks

Where a ConfigMap or Secret of `postBuild.substituteFrom` is applied by another Kustomization of the repository, that
is certain to have done so before: `dependsOn` leads to it, or it applies this Kustomization and the variables come in
a Kustomization that is waited for.

## Why it matters

Without `optional` Flux cannot build the Kustomization, and tries again after `retryInterval`. With `optional: true`
it is worse: Flux fills in empty texts (or defaults) the first time, and creates objects with them.

## Example

```yaml
kind: Kustomization
metadata:
  name: apps
spec:
  postBuild:
    substituteFrom:
      - kind: ConfigMap
        name: cluster-vars   # applied by Kustomization settings
```

## Use instead

```yaml
kind: Kustomization
metadata:
  name: apps
spec:
  dependsOn:
    - name: settings
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.bootstrap import bootstrap_of
from nimfleet.cluster.flux.events import Event, What
from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.flux.substitution import origins
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/substitute-not-ordered",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, fluxcd/pkg kustomize, SubstituteVariables",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Sources of variables without an order, except where Flux would wait for ever."""
    graph = graph_of(subject)
    for unit in graph.units.values():
        for origin in origins(subject, unit):
            item = subject.find("", origin.kind, unit.id.namespace, origin.name)
            if item is None or graph.exists_before(unit, item) or unit in graph.unresolved:
                continue
            owner = graph.units_of(item)[0]
            if Event(What.DEFINED, unit.kustomization) in bootstrap_of(subject).blocked:
                continue
            if owner is unit:
                fix = f"apply it in a Kustomization of its own, and depend on that, as {owner.id.name} may come to it later"
            else:
                fix = f"add `dependsOn` on {owner.id.name}"
            message = (
                f"{unit.id.name} reads variables from {origin.kind} {origin.name}, which Kustomization {owner.id.name} applies, "
                f"but nothing makes it wait for that; {fix}"
            )
            yield hit(unit.kustomization, message, origin.pointer)
