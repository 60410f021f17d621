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


def applied_by(cluster: Cluster, kustomization: Applied) -> list[Applied]:
    """What it applied and no other does today."""
    return [
        item for item in cluster.all_before() if item.applier is kustomization.object and cluster.now(item.id) is None
    ]


def _path(item: Applied) -> str:
    return posixpath.normpath(str(at(item.value, "spec", "path") or ".").lstrip("/"))
