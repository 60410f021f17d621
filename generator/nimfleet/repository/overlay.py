"""What Flux would build: one overlay for each Flux ``Kustomization``, and one for each root that no other
includes."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.walk import get, text
from nimfleet.repository.files import Files
from nimfleet.repository.kustomization import BuildProblem, Graph, kustomization_in
from nimfleet.repository.surroundings import Surroundings

FLUX_GROUP = "kustomize.toolkit.fluxcd.io"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a Flux Kustomization does on top of the folder's own kustomization, in kustomize's own words."""

    fields: tuple[tuple[str, Any], ...] = field(default=(), compare=False)
    key: str = ""
    """Canonical text of ``fields``: two overlays with one folder and one key build the same."""
    components: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] | None = None
    """Substitutions, or None when Flux substitutes nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """One folder that is built as a whole. ``flux`` is the Kustomization that asks for it, if one does."""

    folder: str
    changes: Changes
    flux: ObjectId | None = None

    @property
    def key(self) -> tuple[str, Changes]:
        """Overlays of one key have one output."""
        return (self.folder, self.changes)

    @property
    def name(self) -> str:
        """For messages: the folder, ``.`` for the root."""
        return self.folder or "."


def is_flux_kustomization(identity: ObjectId | None) -> bool:
    """Whether the object tells Flux to build a path."""
    return identity is not None and identity.group == FLUX_GROUP and identity.kind == "Kustomization"


def overlay_of(identity: ObjectId, value: Mapping[str, Any], around: Surroundings) -> Overlay | None:
    """The overlay of a Flux Kustomization; None when its source is another repository, or an artifact of which is not
    known what it holds.

    A path that leaves the repository is kept as it is written: building it is refused with a finding.
    """
    spec = value.get("spec")
    if not isinstance(spec, dict):
        return None
    source = spec.get("sourceRef")
    if isinstance(source, dict):
        # As text: whatever stands there, the schema says what is wrong with it.
        kind, name = str(source.get("kind")), str(source.get("name"))
        if (kind, name) in around.foreign or kind in {"OCIRepository", "Bucket"}:
            return None
    path = spec.get("path") or "."
    folder = posixpath.normpath(str(path).lstrip("/") or ".")
    if get(source, "kind") == "ExternalArtifact":
        copied = around.copied(text(get(source, "name")), str(path))
        if copied is None:
            return None
        folder = copied
    return Overlay("" if folder == "." else folder, _changes(spec, identity.namespace, around), identity)


def _changes(spec: Mapping[str, Any], namespace: str, around: Surroundings) -> Changes:
    fields: dict[str, Any] = {}
    if isinstance(spec.get("targetNamespace"), str):
        fields["namespace"] = spec["targetNamespace"]
    for key in ("namePrefix", "nameSuffix"):
        if isinstance(spec.get(key), str):
            fields[key] = spec[key]
    for key in ("patches", "images"):
        if isinstance(spec.get(key), list) and spec[key]:
            fields[key] = spec[key]
    metadata = spec.get("commonMetadata")
    if isinstance(metadata, dict):
        if isinstance(metadata.get("labels"), dict):
            fields["labels"] = [{"pairs": metadata["labels"]}]
        if isinstance(metadata.get("annotations"), dict):
            fields["commonAnnotations"] = metadata["annotations"]
    components = spec.get("components")
    names = tuple(str(item) for item in components) if isinstance(components, list) else ()
    variables = around.variables(namespace, spec.get("postBuild"))
    return Changes(tuple(fields.items()), repr(sorted(fields.items())), names, variables)


def graph_of(files: Files, overlay: Overlay) -> Graph:
    """Everything that building ``overlay`` reads. ``problems`` says why it must not be built."""
    graph = Graph(files)
    folder = overlay.folder
    if folder == ".." or folder.startswith("../") or ((files.root / folder).exists() and not files.inside(folder)):
        graph.problems.append(_path_problem("outside-repository", f"path `{overlay.name}` leaves the repository"))
        return graph
    if not (files.root / folder).is_dir():
        graph.problems.append(_path_problem("missing-path", f"path `{overlay.name}` is not a folder here"))
        return graph
    if kustomization_in(files, folder) is not None:
        graph.add_folder(folder)
    else:
        _implicit(files, folder, graph)
    for component in overlay.changes.components:
        local = posixpath.normpath(posixpath.join(folder, component))
        if local.startswith("..") or not files.inside(local):
            graph.problems.append(_path_problem("outside-repository", f"component `{component}` is not here"))
        else:
            graph.add_folder(local)
    return graph


def implicit_resources(files: Files, folder: str) -> list[str]:
    """What Flux lists in the kustomization that it makes for a folder without one; relative to the root.

    Every YAML file below it; a folder below it that has a kustomization counts as one.
    """
    found: list[str] = []
    pending = [folder]
    while pending:
        current = pending.pop()
        for entry in sorted((files.root / current).iterdir()):
            local = posixpath.join(current, entry.name) if current else entry.name
            if entry.is_dir():
                if entry.name == ".git" or entry.is_symlink():
                    continue
                if kustomization_in(files, local) is not None:
                    found.append(local)
                else:
                    pending.append(local)
            elif entry.suffix in {".yaml", ".yml"} and not entry.name.startswith("."):
                found.append(local)
    return sorted(found)


def _implicit(files: Files, folder: str, graph: Graph) -> None:
    for local in implicit_resources(files, folder):
        if not files.inside(local):
            graph.problems.append(
                BuildProblem("outside-repository", local, 1, 1, f"`{local}` is a symbolic link out of the repository")
            )
        elif (files.root / local).is_dir():
            graph.add_folder(local)
        else:
            graph.resources.append(local)


def _path_problem(code: str, message: str) -> BuildProblem:
    return BuildProblem(code, "", 1, 1, message)
