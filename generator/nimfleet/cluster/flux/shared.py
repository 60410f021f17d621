"""Objects that more than one Kustomization applies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.cluster.flux.graph import Graph, annotated
from nimfleet.cluster.model import Unit
from nimfleet.repository.model import KubeObject


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Two Kustomizations and what both apply (as it comes out of the second)."""

    units: tuple[Unit, Unit]
    items: tuple[KubeObject, ...]

    @property
    def nested(self) -> tuple[Unit, Unit] | None:
        """The outer and the inner one, where the path of one is that of the other or within it."""
        first, second = self.units
        if first.overlay is None or second.overlay is None:
            return None
        if _within(second.overlay.folder, first.overlay.folder):
            return (first, second)
        return (second, first) if _within(first.overlay.folder, second.overlay.folder) else None


def shared(graph: Graph) -> Iterator[Shared]:
    """Each pair of Kustomizations with something in common, in the order of the objects."""
    owners: dict[tuple[str, str, str, str], list[tuple[Unit, KubeObject]]] = {}
    for unit in graph.units.values():
        for item in graph.objects(unit):
            owners.setdefault(item.id.unversioned, []).append((unit, item))
    pairs: dict[tuple[Unit, Unit], dict[KubeObject, None]] = {}
    for found in owners.values():
        if len(found) < 2 or any(_partial(item) for _, item in found):
            continue
        first = found[0][0]
        for unit, item in found[1:]:
            if unit is not first:
                pairs.setdefault((first, unit), {})[item] = None
    for pair, items in pairs.items():
        yield Shared(pair, tuple(items))


def _partial(item: KubeObject) -> bool:
    """Whether Flux was told that it is not the object's only owner."""
    return bool(annotated(item, "ssa")) or annotated(item, "reconcile").lower() == "disabled"


def _within(inner: str, outer: str) -> bool:
    return not outer or inner == outer or inner.startswith(f"{outer}/")
