"""Who applies a release, whether it waits for it, and which releases are certainly in one cluster."""

from __future__ import annotations

from nimfleet.cluster.helm.releases import Release
from nimfleet.cluster.model import Cluster, Unit, World
from nimfleet.manifest.walk import get, items, text
from nimfleet.repository.model import KubeObject


def unit_of(cluster: Cluster, item: KubeObject) -> Unit | None:
    """The Kustomization that applies an object; None when that is not known."""
    return cluster.once(_applied_by).get(id(item))


def checks_health(unit: Unit, item: KubeObject) -> bool:
    """Whether a Kustomization is ready only when ``item``, which it applies, is."""
    spec = get(unit.kustomization.value, "spec")
    if get(spec, "wait") is True:
        return True
    return any(
        text(check.get("kind")) == item.id.kind
        and text(check.get("name")) == item.id.name
        and text(check.get("namespace")) in ("", item.id.namespace)
        for _, check in items(spec, "healthChecks")
    )


def _applied_by(cluster: Cluster) -> dict[int, Unit]:
    return {id(item): unit for unit in cluster.units for item in unit.objects}


def together(cluster: Cluster, one: Release, other: Release) -> bool:
    """Whether both are certainly in one cluster: it is known as a whole, or one overlay or folder holds both."""
    return in_one_cluster(cluster, one.object, other.object)


def in_one_cluster(cluster: Cluster, one: KubeObject, other: KubeObject) -> bool:
    """As :func:`together`, for any two objects."""
    if cluster.world is World.COMPLETE:
        return True
    if one.overlay is not None or other.overlay is not None:
        return one.overlay is other.overlay
    return one.folder == other.folder
