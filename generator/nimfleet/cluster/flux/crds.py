"""Custom resources that nothing makes wait for their CRDs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.cluster.flux.graph import Graph, graph_of
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.repository.model import KubeObject


@dataclass(frozen=True, slots=True, eq=False)
class Unordered:
    """The first object of an API group in a Kustomization, and what brings its CRD (one of the two is not empty); or, with
    ``hook``, whose webhook must let it pass."""

    unit: Unit
    item: KubeObject
    releases: tuple[KubeObject, ...]
    crds: tuple[KubeObject, ...]
    hook: bool = False

    @property
    def bringer(self) -> KubeObject:
        """The release or the CRD to wait for."""
        return (*self.releases, *self.crds)[0]

    @property
    def together(self) -> bool:
        """Whether it is the same Kustomization, so that neither is ever applied on an empty cluster."""
        return not self.crds and not self.hook and all(release in self.unit.objects for release in self.releases)


def unordered(cluster: Cluster) -> tuple[Unordered, ...]:
    """At most one for each Kustomization and API group; not where another one that it depends on has the same fault. For
    :meth:`Cluster.once`."""
    graph = graph_of(cluster)
    found = list(_unordered(graph))
    faulty: dict[str, set[Unit]] = {}
    for entry in found:
        faulty.setdefault(entry.item.id.group, set()).add(entry.unit)
    return tuple(
        entry
        for entry in found
        if entry.unit not in graph.unresolved
        and not any(
            other in graph.unresolved or other in faulty[entry.item.id.group] or _inherits(graph, entry, other, found)
            for other in graph.before(entry.unit).ready
        )
    )


def owner_of(graph: Graph, entry: Unordered) -> Unit:
    """The Kustomization that applies what brings the CRD."""
    return graph.units_of(entry.bringer)[0]


def _inherits(graph: Graph, entry: Unordered, other: Unit, found: list[Unordered]) -> bool:
    """Whether ``other``, which comes before, lacks the very order that would help here, too."""
    owner = owner_of(graph, entry)
    return other is not owner and any(
        another.unit is other and owner_of(graph, another) is owner and not another.together for another in found
    )


def _unordered(graph: Graph) -> Iterator[Unordered]:
    for unit in graph.units.values():
        seen: set[tuple[str, str]] = set()
        told: set[str] = set()
        for item in graph.objects(unit):
            group, kind = item.id.group, item.id.kind
            if (group, kind) in seen or group in told:
                continue
            seen.add((group, kind))
            if graph.is_served(group):
                continue
            crds = tuple(graph.crds.get((group, kind), ()))
            releases = tuple(graph.crd_releases.get(group, ()))
            if not crds and not releases:
                continue
            if any(graph.exists_before(unit, crd) for crd in crds):
                hooks = tuple(graph.hook_releases.get(group, ()))
                # Beside its controller an object is applied before there is a webhook at all.
                if hooks and not any(unit in graph.units_of(hook) or graph.ready_before(unit, hook) for hook in hooks):
                    told.add(group)
                    yield Unordered(unit, item, hooks, (), hook=True)
                continue
            if any(graph.ready_before(unit, release) for release in releases):
                continue
            told.add(group)
            yield Unordered(unit, item, releases, crds)
