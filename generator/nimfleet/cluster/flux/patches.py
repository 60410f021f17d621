"""Patches and images, of kustomizations and of Flux Kustomizations, that change nothing."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster, Unit
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import items, text
from nimfleet.repository.model import KubeObject, Place
from nimfleet.repository.overlay import Overlay
from nimfleet.repository.selectors import Candidate, What, matches, may_have_entries, unmatched, written


@dataclass(frozen=True, slots=True, eq=False)
class Unmatched:
    """A target or an entry of ``images`` (``value``), where it is, and the objects that it could have changed."""

    value: Mapping[str, Any]
    what: What
    pointer: Pointer
    place: Place
    object: str
    candidates: tuple[Candidate, ...]


def unmatched_entries(cluster: Cluster) -> list[Unmatched]:
    """For :meth:`Cluster.once`."""
    return list(_unmatched(cluster))


def _unmatched(cluster: Cluster) -> Iterator[Unmatched]:
    if cluster.files is None:
        return
    overlays: dict[Hashable, tuple[Overlay, list[KubeObject]]] = {}
    for item in cluster.objects:
        if item.overlay is not None:
            overlays.setdefault(item.overlay.key, (item.overlay, []))[1].append(item)
    worthwhile = {
        overlay: [Candidate(item.id, item.value) for item in objects]
        for overlay, objects in overlays.values()
        if may_have_entries(cluster.files, overlay.folder)
    }
    for entry, candidates in unmatched(cluster.files, worthwhile):
        position = entry.document.position(entry.pointer)
        place = Place(entry.document.file, position.line, position.column)
        yield Unmatched(entry.value, entry.what, entry.pointer, place, "", candidates)
    for unit in cluster.units:
        yield from _of_flux(cluster, unit)


def _of_flux(cluster: Cluster, unit: Unit) -> Iterator[Unmatched]:
    if unit.overlay is None or not unit.built or cluster.files is None:
        return
    value = unit.kustomization.value
    entries: list[tuple[Pointer, Mapping[str, Any], What]] = [
        ((*pointer, "target"), entry["target"], What.PATCH)
        for pointer, entry in items(value, "spec", "patches")
        if isinstance(entry.get("target"), dict)
    ]
    entries += [(at, entry, What.IMAGE) for at, entry in items(value, "spec", "images") if text(entry.get("name"))]
    if not entries:
        return
    there = (*(Candidate(item.id, item.value) for item in unit.objects), *written(cluster.files, unit.overlay))
    for pointer, entry, what in entries:
        if not matches(entry, there, what=what):
            yield Unmatched(entry, what, pointer, unit.kustomization.place(pointer), str(unit.id), there)
