"""What a Flux Kustomization needs to know of the rest of the repository: which sources are other repositories, and what
ConfigMaps hold that it substitutes variables from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
    the data of ConfigMaps, by namespace and name, as far as it is certain. ``artifacts`` are the ExternalArtifacts that
    an ArtifactGenerator puts together from folders of this repository: for each folder in it the one that is copied."""

    foreign: frozenset[tuple[str, str]]
    config: Mapping[tuple[str, str], Mapping[str, str]]
    artifacts: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)

    def copied(self, artifact: str, path: str) -> str | None:
        """The folder here that ``path`` of an ExternalArtifact is a copy of; None when that is not known, or differs
        from cluster to cluster."""
        wanted = _folder(path)
        found: set[str] = set()
        for copies in self.artifacts.get(artifact, ()):
            targets = [target for target in copies if not target or f"{wanted}/".startswith(f"{target}/")]
            if targets:
                target = max(targets, key=len)
                found.add(_folder(f"{copies[target]}/{wanted[len(target) :]}"))
        return found.pop() if len(found) == 1 else None

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
    generators: list[Any] = []
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
            elif identity.kind == "ArtifactGenerator":
                generators.append(get(document.value, "spec"))
            elif identity.kind == "ConfigMap" and not identity.group:
                data.setdefault((identity.namespace, identity.name), []).append(_data(document.value))
    own = {("GitRepository", name) for name, paths in taken.items() if 2 * len(paths & folders) > len(paths)}
    config = {key: one for key, found in data.items() if (one := _certain(key, found, changing))}
    others = frozenset(foreign - own)
    return Surroundings(others, config, _artifacts(generators, others, folders))


def _artifacts(
    generators: Iterable[Any], foreign: frozenset[tuple[str, str]], folders: set[str]
) -> dict[str, tuple[dict[str, str], ...]]:
    """Which folders of this repository each artifact has where, once for each generator of it."""
    found: dict[str, list[dict[str, str]]] = {}
    for spec in generators:
        own = {
            f"@{text(entry.get('alias'))}"
            for _, entry in items(spec, "sources")
            if entry.get("kind") == "GitRepository" and ("GitRepository", text(entry.get("name"))) not in foreign
        }
        for _, artifact in items(spec, "artifacts"):
            copies: dict[str, str] = {}
            for _, entry in items(artifact, "copy"):
                alias, _, origin = text(entry.get("from")).partition("/")
                into, _, target = text(entry.get("to")).partition("/")
                folder = _folder(origin[:-2])
                if alias in own and into == "@artifact" and origin.endswith("**") and folder in folders | {""}:
                    copies[_folder(target)] = folder
            found.setdefault(text(artifact.get("name")), []).append(copies)
    return {name: tuple(made) for name, made in found.items()}


def _folder(path: str) -> str:
    """A path as a folder of the repository is written: ``""`` for the root."""
    folder = posixpath.normpath(path.strip("/") or ".")
    return "" if folder == "." else folder


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
