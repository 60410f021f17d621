"""Flux Kustomizations that are gone."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from nimfleet.rules.transition.change import FLUX, Applied, Cluster, at


def gone(cluster: Cluster) -> Iterator[tuple[Applied, Applied | None]]:
    """Each Kustomization that is no longer here, and the new one that applies the same path."""
    if cluster.removed:
        return
    new = {_path(item): item for item in cluster.has(FLUX, "Kustomization") if cluster.then(item.id) is None}
    for old in cluster.gone(FLUX, "Kustomization"):
        yield old, new.get(_path(old))


def moved(cluster: Cluster) -> Iterator[tuple[Applied, Applied]]:
    """Each Kustomization that names another path, before and after, where something comes out of the new one.

    Where nothing does, it cannot be built, and Flux keeps what it has.
    """
    pairs = [(old, new) for old, new in cluster.kept_of(FLUX, "Kustomization") if _path(old) != _path(new)]
    if pairs:
        working = {id(item.applier) for item in cluster.names_after.values() if item.applier is not None}
        yield from ((old, new) for old, new in pairs if id(new.object) in working)


def applied_by(cluster: Cluster, kustomization: Applied) -> list[Applied]:
    """What it applied and no other does today."""
    return [
        item for item in cluster.all_before() if item.applier is kustomization.object and cluster.now(item.id) is None
    ]


def _path(item: Applied) -> str:
    return posixpath.normpath(str(at(item.value, "spec", "path") or ".").lstrip("/"))
