"""The vocabulary of rendering: objects, files, and the names that several components agree on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nimfleet.manifest.pointer import Pointer

Object = dict[str, object]

FLUX_NAMESPACE = "flux-system"
"""Where Flux, its sources and the HelmReleases live; `flux bootstrap` creates it."""
SOURCE_NAME = "flux-system"
"""The GitRepository that `flux bootstrap` creates, and that flux-entry.yaml declares for those who do without."""


@dataclass(frozen=True, slots=True)
class File:
    """Objects that become one file; ``cause`` points to the part of environment.yaml that asked for them."""

    path: str
    objects: tuple[Object, ...]
    cause: Pointer


def metadata(name: str, namespace: str | None = None, **more: Mapping[str, str]) -> Object:
    """``metadata`` of an object, with ``labels`` and ``annotations`` where given and not empty."""
    result: Object = {"name": name}
    if namespace is not None:
        result["namespace"] = namespace
    result.update({key: dict(value) for key, value in more.items() if value})
    return result
