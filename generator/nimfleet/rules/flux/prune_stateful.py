"""Flux deletes data when a manifest goes.

## What it checks

Kustomizations with `prune: true` do not apply PersistentVolumeClaims whose volume goes with them (their StorageClass
does not retain it, or is not known), PersistentVolumes with the reclaim policy Delete, nor CRDs (other than Flux's own)
of kinds that are in use, unless the object has the annotation `kustomize.toolkit.fluxcd.io/prune: disabled`.

## Why it matters

A file that is moved, a wrong path, or the Kustomization itself deleted: Flux deletes what it does not find any more.
With the claim goes the volume, with a CRD every object of its kind in the cluster.

## Example

```yaml
kind: PersistentVolumeClaim
metadata:
  name: model-store   # in a Kustomization with `prune: true`
```

## Use instead

```yaml
kind: PersistentVolumeClaim
metadata:
  name: model-store
  annotations:
    kustomize.toolkit.fluxcd.io/prune: disabled
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import CRDS, annotated, graph_of
from nimfleet.cluster.flux.readiness import STORAGE
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.flux import short, units
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/prune-stateful",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, kustomize-controller 1.9: spec.prune, spec.deletionPolicy and the annotation prune",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Objects that take data with them."""
    graph = graph_of(subject)
    for unit in units(graph):
        if get(unit.kustomization.value, "spec", "prune") is not True:
            continue
        for item in graph.objects(unit):
            loss = _loss(subject, item)
            if loss and annotated(item, "prune").lower() != "disabled":
                message = (
                    f"{unit.id.name} prunes: when this manifest or the Kustomization goes, Flux deletes {short(item)}{loss}; "
                    "annotate it with `kustomize.toolkit.fluxcd.io/prune: disabled`"
                )
                yield hit(item, message, ("metadata",))


def _loss(cluster: Cluster, item: KubeObject) -> str:
    key = (item.id.group, item.id.kind)
    if key == ("", "PersistentVolumeClaim"):
        return _claim(cluster, item)
    if key == ("", "PersistentVolume"):
        deletes = get(item.value, "spec", "persistentVolumeReclaimPolicy") == "Delete"
        return " and its data" if deletes else ""
    if key == (CRDS, "CustomResourceDefinition"):
        group, kind = text(get(item.value, "spec", "group")), text(get(item.value, "spec", "names", "kind"))
        used = not group.endswith(".fluxcd.io") and cluster.kind(group, kind)
        return f" and every {kind} in the cluster" if used else ""
    return ""


def _claim(cluster: Cluster, item: KubeObject) -> str:
    volume = text(get(item.value, "spec", "volumeName"))
    if volume:
        found = cluster.find("", "PersistentVolume", "", volume)
        deletes = found is not None and get(found.value, "spec", "persistentVolumeReclaimPolicy") == "Delete"
        return " and its data" if deletes else ""
    name = text(get(item.value, "spec", "storageClassName"))
    target = cluster.find(STORAGE, "StorageClass", "", name) if name else None
    if target is not None and get(target.value, "reclaimPolicy") == "Retain":
        return ""
    return " and its volume with all data"
