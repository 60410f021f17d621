"""Custom resources that nothing makes wait for their CRDs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.cluster.flux.graph import Graph, is_builtin
from nimfleet.cluster.model import Unit
from nimfleet.repository.model import KubeObject


@dataclass(frozen=True, slots=True, eq=False)
class Unordered:
    """The first object of an API group in a Kustomization, and what brings its CRD (one of the two is not empty)."""

    unit: Unit
    item: KubeObject
    releases: tuple[KubeObject, ...]
    crds: tuple[KubeObject, ...]

    @property
    def together(self) -> bool:
        """Whether it is the same Kustomization, so that neither is ever applied on an empty cluster."""
        return not self.crds and all(release in self.unit.objects for release in self.releases)


def unordered(graph: Graph) -> Iterator[Unordered]:
    """At most one for each Kustomization and API group."""
    for unit in graph.units.values():
        seen: set[tuple[str, str]] = set()
        told: set[str] = set()
        for item in graph.objects(unit):
            group, kind = item.id.group, item.id.kind
            if (group, kind) in seen or group in told:
                continue
            seen.add((group, kind))
            if is_builtin(group) or group.endswith(".toolkit.fluxcd.io"):
                continue
            crds = tuple(graph.crds.get((group, kind), ()))
            releases = tuple(graph.crd_releases.get(group, ()))
            if not crds and not releases:
                continue
            if any(graph.exists_before(unit, crd) for crd in crds):
                continue
            if any(graph.ready_before(unit, release) for release in releases):
                continue
            told.add(group)
            yield Unordered(unit, item, releases, crds)
