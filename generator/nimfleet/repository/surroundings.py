"""What a Flux Kustomization needs to know of the rest of the repository: which sources are other repositories, and what
ConfigMaps hold that it substitutes variables from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.repository.files import KUSTOMIZATION_NAMES, SourceFile

SOURCE_GROUP = "source.toolkit.fluxcd.io"
_OWN_SOURCE = "flux-system"
"""Name that ``flux bootstrap`` gives to the source of the repository it bootstraps."""

_FLUX_GROUP = "kustomize.toolkit.fluxcd.io"
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "transformers")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``foreign`` are kind and name of the sources that are other repositories: those declared here, except the one of
    this repository: ``flux-system``, or a GitRepository of which most paths that are taken are folders here. ``config`` is
    the data of ConfigMaps, by namespace and name, as far as it is certain."""

    foreign: frozenset[tuple[str, str]]
    config: Mapping[tuple[str, str], Mapping[str, str]]

    def variables(self, namespace: str, post_build: Any) -> tuple[tuple[str, str], ...] | None:
        """What a Kustomization in ``namespace`` fills in; None when it fills in nothing.

        What is not known (Secrets, and ConfigMaps from elsewhere) is left out; what is under ``substitute`` counts more.
        """
        if not isinstance(post_build, dict):
            return None
        found: dict[str, str] = {}
        for _, entry in items(post_build, "substituteFrom"):
            if entry.get("kind") == "ConfigMap":
                found.update(self.config.get((namespace, text(entry.get("name"))), {}))
        for key, value in mapping(post_build.get("substitute")).items():
            found[str(key)] = _text(value)
        return tuple(sorted(found.items()))


def surroundings(sources: Iterable[SourceFile]) -> Surroundings:
    """Of everything that was read."""
    foreign: set[tuple[str, str]] = set()
    taken: dict[str, set[str]] = {}
    folders: set[str] = set()
    data: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    changing: list[str] = []
    for source in sources:
        folder = source.folder
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
        for document in source.documents:
            identity = document.id
            if source.name in KUSTOMIZATION_NAMES:
                changing += (repr(part) for key in _PATCHES if (part := get(document.value, key)))
            elif identity is None:
                continue
            elif identity.group == SOURCE_GROUP:
                if identity.kind in {"GitRepository", "OCIRepository", "Bucket"} and identity.name != _OWN_SOURCE:
                    foreign.add((identity.kind, identity.name))
            elif identity.group == _FLUX_GROUP and identity.kind == "Kustomization":
                spec = get(document.value, "spec")
                if get(spec, "sourceRef", "kind") == "GitRepository":
                    path = posixpath.normpath(f"./{text(get(spec, 'path'))}")
                    taken.setdefault(text(get(spec, "sourceRef", "name")), set()).add(path)
            elif identity.kind == "ConfigMap" and not identity.group:
                data.setdefault((identity.namespace, identity.name), []).append(_data(document.value))
    own = {("GitRepository", name) for name, paths in taken.items() if 2 * len(paths & folders) > len(paths)}
    return Surroundings(
        frozenset(foreign - own), {key: one for key, found in data.items() if (one := _certain(key, found, changing))}
    )


def _certain(key: tuple[str, str], found: Sequence[Mapping[str, str]], changing: Sequence[str]) -> Mapping[str, str]:
    """The data of a ConfigMap that is written once (or always alike), is complete, and that no patch may change."""
    first = found[0]
    if any(other != first for other in found) or any("$" in value for value in first.values()):
        return {}
    name = key[1]
    if any(name in text or "ConfigMap" in text for text in changing):
        return {}
    return first


def _data(value: Any) -> Mapping[str, str]:
    return {str(key): part for key, part in mapping(get(value, "data")).items() if isinstance(part, str)}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
