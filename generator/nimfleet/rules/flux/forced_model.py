"""Flux is told to delete and create models anew when a change is refused.

## What it checks

Kustomizations that apply NIMCaches, NIMServices, NIMPipelines, PersistentVolumeClaims or StatefulSets do not have
`force: true`, and such objects do not have the annotation `kustomize.toolkit.fluxcd.io/force: enabled`.

## Why it matters

When the API server refuses a change of a field that cannot change, Flux then deletes the object and creates it anew.
With a cache or a claim the downloaded model goes, and with a service every replica at once; coming back takes as long
as the first start.

## Example

```yaml
kind: Kustomization
spec:
  path: ./models
  force: true
```

## Use instead

Give the object another name, so that the new one comes up beside the old one.

```yaml kind: Kustomization spec: path: ./models force: false ```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import annotated, graph_of
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import listed, short, units
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_COSTLY = frozenset(
    {
        (NIM, "NIMCache"),
        (NIM, "NIMService"),
        (NIM, "NIMPipeline"),
        ("", "PersistentVolumeClaim"),
        ("apps", "StatefulSet"),
    }
)


@rule(
    "flux/forced-model",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, kustomize-controller 1.9: spec.force",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """One finding for each Kustomization with force, and for each such object with the annotation."""
    graph = graph_of(subject)
    for unit in units(graph):
        found = [item for item in graph.objects(unit) if (item.id.group, item.id.kind) in _COSTLY]
        if found and get(unit.kustomization.value, "spec", "force") is True:
            message = (
                f"with `force: true` Flux deletes {listed(short(item) for item in found)} and creates it anew when a change "
                "is refused, and its data is lost; leave `force` out"
            )
            yield hit(unit.kustomization, message, ("spec", "force"))
            continue
        for item in found:
            if annotated(item, "force").lower() == "enabled":
                message = (
                    f"Flux deletes {short(item)} and creates it anew when a change is refused, and its data is lost; "
                    "take the annotation away"
                )
                yield hit(item, message, ("metadata", "annotations", "kustomize.toolkit.fluxcd.io/force"))
