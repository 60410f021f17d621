"""Charts that are not what they are thought to be: versions, repositories, values, CRDs and order of Helm releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nimfleet.cluster.helm.releases import Release
from nimfleet.manifest.pointer import Pointer
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit


def on(release: Release, message: str, *path: str) -> Hit:
    """A hit at a part of a HelmRelease's spec; at the HelmRelease's name where the part is not there."""
    pointer: Pointer = ("spec", *path)
    value: Any = release.spec
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        pointer = ("metadata", "name")
    return hit(release.object, message, pointer)
