"""The base and the repository side by side: clusters, who applies what, and which object became which."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.model import KubeObject, Repository
from nimfleet.rules.transition.change import FLUX, Applied, at

_DEPTH = 8
_Name = tuple[str, str, str, str]
_MOST_PAIRS = 20_000
_LIKENESS = 0.75


@dataclass(slots=True)
class Side:
    """One state of the repository: who applies each object, and which cluster it belongs to.

    ``environments`` are the folders that are a cluster each; elsewhere a cluster is what one Flux
    Kustomization that nothing else applies leads to.
    """

    repository: Repository
    environments: Sequence[str]
    applied: list[Applied] = field(default_factory=list)
    _appliers: dict[int, KubeObject] = field(default_factory=dict)
    _own: dict[int, Applied] = field(default_factory=dict)
    _named: dict[_Name, list[Applied]] = field(default_factory=dict)
    _built: frozenset[str] = frozenset()
    _unbuilt: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        asked: dict[tuple[ObjectId, str], KubeObject] = {}
        for item in self.repository.objects:
            if item.id.group == FLUX and item.id.kind == "Kustomization":
                asked.setdefault((item.id, _folder(item.value)), item)
        of_key: dict[Any, KubeObject] = {}
        for overlay in self.repository.overlays:
            if overlay.flux is not None:
                applier = asked.get((overlay.flux, overlay.folder))
                if applier is not None:
                    of_key.setdefault(overlay.key, applier)
        self._built = frozenset(item.overlay.folder for item in self.repository.objects if item.overlay is not None)
        self._unbuilt = frozenset(overlay.folder for overlay in self.repository.overlays) - self._built
        for item in self.repository.objects:
            applier = of_key.get(item.overlay.key) if item.overlay is not None else None
            if applier is not None:
                self._appliers[id(item)] = applier
            own = Applied(item, applier)
            self.applied.append(own)
            self._own[id(item)] = own
            self._named.setdefault(item.id.unversioned, []).append(own)

    def cluster_of(self, item: KubeObject) -> str:
        """Folder of the cluster that ``item`` is applied to; ``""`` when nothing tells."""
        for environment in self.environments:
            if item.folder == environment or item.folder.startswith(f"{environment}/"):
                return environment
        found = ""
        for _ in range(_DEPTH):
            applier = self._appliers.get(id(item))
            if applier is None or applier is item:
                return found
            found = applier.folder
            item = applier
        return found

    def of(self, item: KubeObject) -> Applied | None:
        """How ``item``, one of the repository's own objects, is applied."""
        return self._own.get(id(item))

    def named(self, identity: ObjectId) -> Sequence[Applied]:
        """The objects of that name, in all clusters."""
        return self._named.get(identity.unversioned, ())

    def builds(self, folder: str) -> bool:
        """Whether something comes out of an overlay there."""
        return folder in self._built

    def unbuilt(self, folder: str) -> bool:
        """Whether an overlay is asked for there, and nothing came out of it."""
        return folder in self._unbuilt


def pair(before: Side, after: Side) -> Iterator[tuple[Applied, Applied | None]]:
    """Each object of the base with the same one now: of the same file or folder, else one that is new
    elsewhere in the same cluster.

    Left out is what cannot be told apart: objects of one name that stand several times in a folder.
    """
    was, now = _here(before), _here(after)
    elsewhere: dict[tuple[str, _Name], list[Applied]] = defaultdict(list)
    for (folder, name), found in now.items():
        if (folder, name) not in was:
            elsewhere[after.cluster_of(found[0].object), name].extend(found)
    for (folder, name), olds in was.items():
        here = [item for item in now.get((folder, name), []) if _counts(item, olds[0], after)]
        if not here:
            others = elsewhere.get((before.cluster_of(olds[0].object), name), [])
            others = [item for item in others if _counts(item, olds[0], after)]
            if len(olds) == 1 or not others:
                yield from ((old, others[0] if others else None) for old in olds)
        elif len(olds) == 1 and len(here) == 1:
            yield olds[0], here[0]
        else:
            files = {_file(item): item for item in here}
            yield from ((old, files[_file(old)]) for old in olds if _file(old) in files)


def lying(before: Side, after: Side) -> frozenset[int]:
    """``id`` of those of today's objects that have the name of one that was applied, and are not any more."""
    return frozenset(
        id(new)
        for old in before.applied
        if old.object.overlay is not None
        for new in after.named(old.id)
        if not _counts(new, old, after) and before.cluster_of(old.object) == after.cluster_of(new.object)
    )


def _counts(new: Applied, old: Applied, after: Side) -> bool:
    """Not when the old one was applied, and the new one only lies there: a loose file that no overlay takes
    in any more, or an overlay that Flux no longer asks for."""
    built = old.object.overlay
    if built is not None and after.unbuilt(built.folder):
        return True
    if old.applier is not None and new.applier is None:
        return False
    return new.object.overlay is not None or built is None or not after.builds(built.folder)


def _here(side: Side) -> dict[tuple[str, _Name], list[Applied]]:
    found: dict[tuple[str, _Name], list[Applied]] = defaultdict(list)
    for item in side.applied:
        found[item.object.folder, item.id.unversioned].append(item)
    return dict(found)


def _file(item: Applied) -> str:
    """What tells objects of one name and folder apart: the file, or for what is built who asked for it."""
    if item.object.overlay is None:
        return f"file {item.object.place(()).file}"
    return f"applied by {item.applier.id}" if item.applier is not None else "built"


def successors(
    before: Side, after: Side, removed: Iterable[Applied], added: Iterable[Applied]
) -> Mapping[int, Applied]:
    """For objects that are gone, by ``id``: the new one of the same kind and cluster that is nearly the
    same."""

    def key(side: Side, item: Applied) -> tuple[str, str, str, str]:
        cluster = side.cluster_of(item.object)
        # Where nothing tells clusters apart, folders may be clusters.
        return item.id.group, item.id.kind, cluster, "" if cluster else item.object.folder

    candidates: dict[tuple[str, str, str, str], list[tuple[Applied, frozenset[tuple[str, str]]]]] = defaultdict(list)
    wanted = [(item, key(before, item)) for item in removed]
    keys = {group for _, group in wanted}
    for item in added:
        group = key(after, item)
        if group in keys:
            candidates[group].append((item, _leaves(item.value)))
    found: dict[int, Applied] = {}
    taken: set[int] = set()
    pairs = 0
    for old, group in wanted:
        leaves = _leaves(old.value) if candidates[group] else frozenset()
        best: tuple[float, bool, str] | None = None
        match: Applied | None = None
        for new, others in candidates[group]:
            pairs += 1
            if pairs > _MOST_PAIRS:
                return found
            if id(new) in taken:
                continue
            both = leaves | others
            likeness = len(leaves & others) / len(both) if both else 1.0
            rank = (likeness, new.id.name == old.id.name, str(new.id))
            if likeness >= _LIKENESS and (best is None or rank > best):
                best, match = rank, new
        if match is not None:
            found[id(old)] = match
            taken.add(id(match))
    return found


def _leaves(value: Any) -> frozenset[tuple[str, str]]:
    """Every scalar but those of metadata, with its path."""
    out: set[tuple[str, str]] = set()

    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            for key, child in node.items():
                if path or key != "metadata":
                    walk(child, f"{path}/{key}")
        elif isinstance(node, list):
            for index, child in enumerate(node):
                walk(child, f"{path}/{index}")
        else:
            out.add((path, repr(node)))

    walk(value, "")
    return frozenset(out)


def _folder(value: Any) -> str:
    path = posixpath.normpath(str(at(value, "spec", "path") or ".").lstrip("/") or ".")
    return "" if path == "." else path
