"""Flux takes a model for ready as soon as it is applied.

## What it checks

A Kustomization that waits for NIMCaches, NIMServices or NIMPipelines (`wait: true` or a health check) has an entry in
`healthCheckExprs` for each of these kinds.

## Why it matters

Flux takes an object of a kind that it does not know for ready as long as it has no condition that says otherwise.
NIMCache and NIMPipeline have no Ready condition at all, and a NIMService has none before the operator has seen it:
the Kustomization is ready at once, and what depends on it begins while the model is still being downloaded.

## Example

```yaml
kind: Kustomization
spec:
  wait: true   # NIMCache and NIMService
```

## Use instead

```yaml
kind: Kustomization
spec:
  wait: true
  healthCheckExprs:
    - apiVersion: apps.nvidia.com/v1alpha1
      kind: NIMCache
      current: has(status.state) && status.state == 'Ready'
    - apiVersion: apps.nvidia.com/v1alpha1
      kind: NIMService
      current: has(status.state) && status.state == 'Ready'
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import graph_of, judged
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import units
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_KINDS = ("NIMCache", "NIMService", "NIMPipeline")


@rule(
    "flux/health-not-judged",
    subject=Cluster,
    severity=Severity.WARNING,
    source=("Flux: kstatus; NVIDIA k8s-nim-operator 3.1.2: status.state of NIMCache, NIMService and NIMPipeline"),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """One finding for each Kustomization."""
    graph = graph_of(subject)
    for unit in units(graph):
        kinds = {
            item.id.kind: None
            for item in graph.waited(unit)
            if item.id.group == NIM and item.id.kind in _KINDS and not judged(unit, item)
        }
        if kinds:
            wait = get(unit.kustomization.value, "spec", "wait") is True
            names = " and ".join(kinds)
            message = (
                f"{unit.id.name} waits for {names}, but Flux takes those for ready at once; add `healthCheckExprs` with "
                "`current: has(status.state) && status.state == 'Ready'`"
            )
            yield hit(unit.kustomization, message, ("spec", "wait" if wait else "healthChecks"))
