"""Whether one release waits for another."""

from __future__ import annotations

from collections.abc import Mapping

from nimfleet.cluster.helm.releases import Release, named
from nimfleet.cluster.model import Cluster, Unit, World
from nimfleet.manifest.walk import get, items, text
from nimfleet.repository.model import KubeObject


def waits_for(cluster: Cluster, release: Release, other: Release) -> bool:
    """Whether ``release`` is only installed once ``other`` is ready.

    By ``dependsOn`` of the two, or of the Kustomizations that apply them, where that of ``other`` waits for it.
    """
    if _reaches(release, other, named(cluster)):
        return True
    applied_by = cluster.once(_applied_by)
    one, two = applied_by.get(id(release.object)), applied_by.get(id(other.object))
    if one is None or two is None or one is two or not checks_health(two, other.object):
        return False
    return _unit_reaches(cluster, one, two)


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


def _reaches(release: Release, other: Release, known: Mapping[tuple[str, str], Release]) -> bool:
    goal = (other.object.id.namespace, other.object.id.name)
    pending, seen = list(release.after), set(release.after)
    while pending:
        current = pending.pop()
        if current == goal:
            return True
        found = known.get(current)
        new = [name for name in found.after if name not in seen] if found else []
        seen.update(new)
        pending += new
    return False


def _unit_reaches(cluster: Cluster, one: Unit, two: Unit) -> bool:
    known = cluster.once(_units)
    goal = (two.id.namespace, two.id.name)
    pending = [one]
    seen = {(one.id.namespace, one.id.name)}
    while pending:
        unit = pending.pop()
        for _, entry in items(unit.kustomization.value, "spec", "dependsOn"):
            name = (text(entry.get("namespace")) or unit.id.namespace, text(entry.get("name")))
            if name == goal:
                return True
            if name not in seen:
                seen.add(name)
                pending += [known[name]] if name in known else []
        # What applies this Kustomization may itself wait for something.
        parent = unit_of(cluster, unit.kustomization)
        if parent is not None and (parent.id.namespace, parent.id.name) not in seen:
            seen.add((parent.id.namespace, parent.id.name))
            pending.append(parent)
    return False


def _units(cluster: Cluster) -> dict[tuple[str, str], Unit]:
    return {(unit.id.namespace, unit.id.name): unit for unit in cluster.units}


def together(cluster: Cluster, one: Release, other: Release) -> bool:
    """Whether both are certainly in one cluster: it is known as a whole, or one overlay or folder holds both."""
    if cluster.world is World.COMPLETE:
        return True
    if one.object.overlay is not None or other.object.overlay is not None:
        return one.object.overlay is other.object.overlay
    return one.object.folder == other.object.folder
