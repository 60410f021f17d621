"""Patches and images, of kustomizations and of Flux Kustomizations, that change nothing."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster, Unit
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import items, text
from nimfleet.repository.files import Files
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
    entries = [found for unit in cluster.units for found in _of_flux(cluster.files, unit)]
    used = {found.written for found in entries if found.matched}
    for found in entries:
        # What other Kustomizations have, too (often a patch of the one that applies them all), need not fit everywhere.
        if not found.matched and found.written not in used:
            yield found.unmatched


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """An entry of a Flux Kustomization: whether it selects something, and all that is written in it."""

    unmatched: Unmatched
    matched: bool
    written: str


def _of_flux(files: Files, unit: Unit) -> Iterator[_Entry]:
    if unit.overlay is None or not unit.built:
        return
    value = unit.kustomization.value
    entries: list[tuple[Pointer, Mapping[str, Any], What, str]] = [
        ((*pointer, "target"), entry["target"], What.PATCH, repr(entry))
        for pointer, entry in items(value, "spec", "patches")
        if isinstance(entry.get("target"), dict)
    ]
    images = items(value, "spec", "images")
    entries += [(at, entry, What.IMAGE, repr(entry)) for at, entry in images if text(entry.get("name"))]
    if not entries:
        return
    there = (*(Candidate(item.id, item.value) for item in unit.objects), *written(files, unit.overlay))
    for pointer, entry, what, whole in entries:
        found = Unmatched(entry, what, pointer, unit.kustomization.place(pointer), str(unit.id), there)
        yield _Entry(found, matches(entry, there, what=what), whole)
