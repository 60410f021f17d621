"""Objects that more than one Kustomization applies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.cluster.flux.graph import Graph, annotated
from nimfleet.cluster.model import Unit
from nimfleet.repository.model import KubeObject


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Two Kustomizations and what both apply (as it comes out of the second).

    ``nested`` are the outer and the inner one, where the path of one is within that of the other; of the same path, the one
    last that is more likely the wrong one.
    """

    units: tuple[Unit, Unit]
    items: tuple[KubeObject, ...]
    nested: tuple[Unit, Unit] | None


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
        yield Shared(pair, tuple(items), _nested(graph, *pair))


def _nested(graph: Graph, first: Unit, second: Unit) -> tuple[Unit, Unit] | None:
    if first.overlay is None or second.overlay is None:
        return None
    if first.overlay.folder == second.overlay.folder:
        return (second, first) if _doubtful(graph, first) > _doubtful(graph, second) else (first, second)
    if _within(second.overlay.folder, first.overlay.folder):
        return (first, second)
    return (second, first) if _within(first.overlay.folder, second.overlay.folder) else None


def _doubtful(graph: Graph, unit: Unit) -> tuple[bool, bool]:
    """Whether it is no entry, and whether the path does not sound like its name."""
    folder = unit.overlay.folder.rpartition("/")[2] if unit.overlay is not None else ""
    return (unit.kustomization not in graph.given, folder not in unit.id.name)


def _partial(item: KubeObject) -> bool:
    """Whether Flux was told that it is not the object's only owner."""
    return bool(annotated(item, "ssa")) or annotated(item, "reconcile").lower() == "disabled"


def _within(inner: str, outer: str) -> bool:
    return not outer or inner == outer or inner.startswith(f"{outer}/")
