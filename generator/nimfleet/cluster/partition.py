"""Which objects are of which cluster.

Environments are told by their folders, other clusters by what Flux reaches from its entries. What Flux reaches from
nowhere belongs to no cluster in particular: folders of manifests, of which several may describe one cluster, or one
each describe the variants of one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nimfleet.repository.model import KubeObject, Repository
from nimfleet.repository.overlay import Changes, Overlay, is_flux_kustomization, overlay_of
from nimfleet.repository.surroundings import surroundings

MOST_VARIANTS = 64
"""Variants beyond which they are not put together with what all share: a collection of examples, not one repository."""

_Key = tuple[str, Changes]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The objects of one cluster (indices into the repository's objects, in order).

    ``environment`` tells that ``name`` is an environment's folder; ``flux`` that Flux reaches objects of it;
    ``variant`` that other parts hold other objects of the same names, without an environment or Flux that tells them
    apart.
    """

    name: str
    members: tuple[int, ...]
    environment: bool = False
    flux: bool = False
    variant: bool = False


class Reach:
    """What the Flux Kustomizations of a repository build."""

    def __init__(self, repository: Repository) -> None:
        self._objects = repository.objects
        around = surroundings(repository.sources)
        self.built: dict[_Key, list[int]] = defaultdict(list)
        """Numbers of the objects by the overlay that they come out of."""
        self.overlays: dict[int, Overlay | None] = {}
        """Of each Flux Kustomization (by number) what it builds; None for another repository."""
        for number, item in enumerate(repository.objects):
            if item.overlay is not None:
                self.built[item.overlay.key].append(number)
            if is_flux_kustomization(item.id):
                self.overlays[number] = overlay_of(item.id, item.value, around)

    def from_(self, start: Iterable[int]) -> set[int]:
        """``start`` and everything that Flux comes to from there."""
        found = set(start)
        pending = [number for number in found if number in self.overlays]
        while pending:
            overlay = self.overlays[pending.pop()]
            if overlay is None:
                continue
            for number in self.built.get(overlay.key, ()):
                if number not in found:
                    found.add(number)
                    if number in self.overlays:
                        pending.append(number)
        return found

    def entries(self) -> Iterator[tuple[str, set[int]]]:
        """Folder and reach of each group of objects from which Flux starts: overlays or files with Kustomizations that no
        other Kustomization builds."""
        targets = {
            overlay.key
            for number, overlay in self.overlays.items()
            if overlay is not None and self._group(number) != overlay.key
        }
        groups: dict[object, set[int]] = defaultdict(set)
        for number in self.overlays:
            group = self._group(number)
            if group not in targets:
                groups[group].add(number)
        for group, numbers in sorted(groups.items(), key=lambda entry: min(entry[1])):
            item = self._objects[min(numbers)]
            beside = self._beside(group) if isinstance(group, str) else self.built.get(group, ())  # type: ignore[call-overload] # then it is a key
            yield item.folder, self.from_(numbers.union(beside))

    def _beside(self, folder: str) -> list[int]:
        """The objects of a folder of plain files; none where it has one of them twice, so that they are not of one
        cluster."""
        found = [number for number, item in enumerate(self._objects) if item.overlay is None and item.folder == folder]
        return found if len({self._objects[number].id.unversioned for number in found}) == len(found) else []

    def _group(self, number: int) -> object:
        item = self._objects[number]
        return item.folder if item.overlay is None else item.overlay.key


def partition(repository: Repository, environments: Sequence[str], reach: Reach) -> list[Part]:
    """Every object in at least one part, environments first; ``environments`` are their folders."""
    objects = repository.objects
    parts: list[Part] = []
    free = set(range(len(objects)))
    owned = _owned(objects, environments)
    for folder in environments:
        own = owned.get(folder, ())
        members = reach.from_(own)
        parts.append(Part(folder, tuple(sorted(members)), environment=True, flux=any(n in reach.overlays for n in own)))
    taken = {number for part in parts for number in part.members}
    free -= taken
    groups = [
        (folder, numbers - taken, True)
        for folder, numbers in reach.entries()
        if not numbers <= taken and numbers & free
    ]
    reached = {number for _, numbers, _ in groups for number in numbers}
    groups += [(name, numbers, False) for name, numbers in _loose(objects, sorted(free - reached))]
    return parts + _variants(objects, groups)


def _owned(objects: Sequence[KubeObject], environments: Sequence[str]) -> Mapping[str, Sequence[int]]:
    """The objects in the folders of each environment, of several around one folder the first."""
    order = {folder: number for number, folder in reversed(list(enumerate(environments)))}
    of_folder: dict[str, str | None] = {}
    found: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(objects):
        if item.folder not in of_folder:
            around = [folder for folder in _upwards(item.folder) if folder in order]
            of_folder[item.folder] = min(around, key=order.__getitem__, default=None)
        environment = of_folder[item.folder]
        if environment is not None:
            found[environment].append(number)
    return found


def _upwards(folder: str) -> Iterator[str]:
    """``a/b/c``, ``a/b``, ``a``."""
    yield folder
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _loose(objects: Sequence[KubeObject], numbers: Sequence[int]) -> list[tuple[str, set[int]]]:
    """What no Flux Kustomization reaches: overlays, and plain files by folder (by file, where a folder has one object
    twice)."""
    groups: dict[object, set[int]] = defaultdict(set)
    names: dict[object, str] = {}
    for number in numbers:
        item = objects[number]
        key: object = item.folder if item.overlay is None else item.overlay.key
        groups[key].add(number)
        names[key] = item.folder
    found: list[tuple[str, set[int]]] = []
    for key, members in groups.items():
        ids = {objects[number].id.unversioned for number in members}
        if len(ids) == len(members) or not isinstance(key, str):
            found.append((names[key], members))
            continue
        files: dict[str, set[int]] = defaultdict(set)
        for number in sorted(members):
            files[_file(objects[number])].add(number)
        found += files.items()
    return found


def _file(item: KubeObject) -> str:
    return str(getattr(item.content, "file", item.folder))


def _variants(objects: Sequence[KubeObject], groups: Sequence[tuple[str, set[int], bool]]) -> list[Part]:
    """One cluster of all groups, or, where groups disagree about an object, one of each of these with what the others
    have."""
    owners: dict[tuple[str, str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for group, (_, numbers, _) in enumerate(groups):
        for number in numbers:
            owners[objects[number].id.unversioned].append((group, number))
    apart: set[int] = set()
    for (_, kind, _, _), found in owners.items():
        if len({group for group, _ in found}) > 1 and kind != "Namespace" and _differ(objects, found):
            apart.update(group for group, _ in found)
    shared = {number for group, (_, numbers, _) in enumerate(groups) if group not in apart for number in numbers}
    shared_flux = any(flux for group, (_, _, flux) in enumerate(groups) if group not in apart)
    if not apart:
        names = [name for name, _, flux in groups if flux]
        return [Part(names[0] if len(names) == 1 else "", tuple(sorted(shared)), flux=shared_flux)] if groups else []
    alone = len(apart) > MOST_VARIANTS
    parts = []
    for group in sorted(apart):
        name, numbers, flux = groups[group]
        members = numbers if alone else numbers | shared
        parts.append(Part(name, tuple(sorted(members)), flux=flux or (shared_flux and not alone), variant=not flux))
    if alone and shared:
        parts.append(Part("", tuple(sorted(shared)), flux=shared_flux, variant=True))
    return parts


def _differ(objects: Sequence[KubeObject], found: Sequence[tuple[int, int]]) -> bool:
    first = objects[found[0][1]].value
    return any(objects[number].value != first for _, number in found[1:])
