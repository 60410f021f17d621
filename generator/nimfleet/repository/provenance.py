"""From a built object back to the line that a person edits: its resource file, a patch, or a generator's
entry."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.parse import Document, parse
from nimfleet.manifest.pointer import Pointer, from_json_pointer
from nimfleet.repository.build import run
from nimfleet.repository.files import Files
from nimfleet.repository.kustomization import Graph, kustomization_in
from nimfleet.repository.model import Place
from nimfleet.repository.overlay import Overlay

_ORIGIN = "config.kubernetes.io/origin"
_TRANSFORMED = "alpha.config.kubernetes.io/transformations"
_MISSING = object()


class Provenance:
    """Places of the objects of one overlay. kustomize is asked for origins when the first place is wanted."""

    def __init__(self, binary: Path, files: Files, overlay: Overlay, graph: Graph) -> None:
        self._binary = binary
        self._files = files
        self._overlay = overlay
        self._graph = graph
        self._origins: dict[ObjectId, tuple[str, tuple[str, ...]]] | None = None

    def place(self, identity: ObjectId, built: Any, pointer: Pointer) -> Place:
        """Where the part of ``built`` (the object as it came out) at ``pointer`` is written."""
        origin, kustomizations = self._origin(identity)
        source = self._source(origin, identity)
        if source is not None:
            translated, whole = _translate(pointer, built, source.value)
            if whole and _get(source.value, translated) == _get(built, pointer):
                return _at(source, translated)
        for place in self._patches(kustomizations, identity, pointer):
            return place
        if source is not None:
            return _at(source, _translate(pointer, built, source.value)[0])
        return self._generator(origin, identity)

    def _origin(self, identity: ObjectId) -> tuple[str, tuple[str, ...]]:
        if self._origins is None:
            self._origins = dict(self._ask())
        return self._origins.get(identity, ("", tuple(self._graph.folders)))

    def _ask(self) -> Iterator[tuple[ObjectId, tuple[str, tuple[str, ...]]]]:
        output, _, ran_in = run(self._binary, self._files, self._overlay, origins=True)
        for document in parse(output, self._overlay.name).documents:
            annotations = _get(document.value, ("metadata", "annotations"))
            if document.id is None or not isinstance(annotations, dict):
                continue
            origin = _first(annotations.get(_ORIGIN))
            where = origin.get("path") or origin.get("configuredIn") if isinstance(origin, dict) else ""
            steps = _first(annotations.get(_TRANSFORMED))
            folders = [
                posixpath.dirname(self._inside(ran_in, step.get("configuredIn")))
                for step in (steps if isinstance(steps, list) else [])
                if isinstance(step, dict)
            ]
            yield document.id, (self._inside(ran_in, where), tuple(dict.fromkeys(folders)))

    def _inside(self, ran_in: str, path: object) -> str:
        """A path that kustomize tells from the folder it ran in, relative to the root; ``""`` when it is
        not there."""
        if not isinstance(path, str):
            return ""
        full = Path(posixpath.normpath(posixpath.join(ran_in, path)))
        return self._files.relative(full) if full.is_relative_to(self._files.root) else ""

    def _source(self, origin: str, identity: ObjectId) -> Document | None:
        paths = [origin] if origin in self._graph.resources else sorted(set(self._graph.resources))
        found: list[tuple[int, Document]] = []
        for path in paths:
            for document in self._files.read(path).documents:
                if document.id is not None and document.id.kind == identity.kind:
                    rank = _likeness(document.id, identity, single=path == origin)
                    if rank:
                        found.append((rank, document))
        best = max((rank for rank, _ in found), default=0)
        return next((document for rank, document in found if rank == best), None)

    def _patches(self, kustomizations: tuple[str, ...], identity: ObjectId, pointer: Pointer) -> Iterator[Place]:
        """Places of patches that write at ``pointer``, the last applied first."""
        for folder in reversed(kustomizations):
            source = kustomization_in(self._files, folder) if folder in self._graph.folders else None
            for document in source.documents if source else ():
                value = document.value if isinstance(document.value, dict) else {}
                for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
                    entries = value.get(key)
                    for index in reversed(range(len(entries) if isinstance(entries, list) else 0)):
                        yield from self._patch(document, (key, index), identity, pointer)

    def _patch(self, kustomization: Document, at: Pointer, identity: ObjectId, pointer: Pointer) -> Iterator[Place]:
        entry = _get(kustomization.value, at)
        folder = posixpath.dirname(kustomization.file)
        target = entry.get("target") if isinstance(entry, dict) else None
        if isinstance(target, dict) and target.get("kind") not in (None, identity.kind):
            return
        path = entry.get("path") if isinstance(entry, dict) else entry
        inline = entry.get("patch") if isinstance(entry, dict) else None
        if isinstance(path, str) and "\n" not in path:
            local = posixpath.normpath(posixpath.join(folder, path))
            documents = self._files.read(local).documents if local in self._graph.patches else ()
        else:
            text = inline if isinstance(inline, str) else path
            documents = parse(text, kustomization.file).documents if isinstance(text, str) else ()
        for document in documents:
            hit = _written(document, identity, pointer, targeted=isinstance(target, dict))
            if hit is None:
                continue
            if isinstance(path, str) and "\n" not in path:
                yield _at(document, hit)
            else:
                yield _at(kustomization, at)

    def _generator(self, origin: str, identity: ObjectId) -> Place:
        source = self._files.read(origin) if origin and self._files.inside(origin) else None
        if source is None or not source.documents:
            source = kustomization_in(self._files, self._overlay.folder)
        key = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}.get(identity.kind, "")
        for document in source.documents if source else ():
            value = document.value if isinstance(document.value, dict) else {}
            entries = value.get(key)
            for index, entry in enumerate(entries if isinstance(entries, list) else []):
                if isinstance(entry, dict) and str(entry.get("name")) in identity.name:
                    return _at(document, (key, index))
            return _at(document, ())
        return Place(source.path if source else self._overlay.name, 1, 1)


def _likeness(source: ObjectId, built: ObjectId, *, single: bool) -> int:
    if source.name == built.name:
        return 4 if source.namespace in ("", built.namespace) else 3
    if source.name and source.name in built.name:
        return 2
    return 1 if single else 0


def _written(document: Document, identity: ObjectId, pointer: Pointer, *, targeted: bool) -> Pointer | None:
    """Where in a patch ``pointer`` is written: of a strategic merge the path itself, of JSON Patch an
    operation."""
    value = document.value
    if isinstance(value, list):
        for index, operation in reversed(list(enumerate(value))):
            path = operation.get("path") if isinstance(operation, dict) else None
            if not isinstance(path, str) or not path.startswith("/"):
                continue
            written = from_json_pointer(path)
            if written and written[-1] == "-":
                written = written[:-1]
            if pointer[: len(written)] == written:
                return (index,)
        return None
    if not isinstance(value, dict) or not pointer:
        return None
    own = document.id
    if not targeted and (own is None or own.kind != identity.kind or not own.name or own.name not in identity.name):
        return None
    return pointer if _get(value, pointer) is not _MISSING else None


def _translate(pointer: Pointer, built: Any, source: Any) -> tuple[Pointer, bool]:
    """``pointer`` into ``built`` as one into ``source``, as far as it exists there, and whether it all does.

    Items of lists are found by their ``name``, as patches may have moved them.
    """
    out: list[str | int] = []
    for part in pointer:
        built = _get(built, (part,))
        if isinstance(source, dict):
            if part not in source:
                return tuple(out), False
            source = source[part]
            out.append(part)
        elif isinstance(source, list) and isinstance(part, int):
            index = _index(source, part, built)
            if index is None:
                return tuple(out), False
            source = source[index]
            out.append(index)
        else:
            return tuple(out), False
    return tuple(out), True


def _index(items: list[Any], index: int, built: Any) -> int | None:
    name = built.get("name") if isinstance(built, dict) else None
    if name is not None:
        for number, item in enumerate(items):
            if isinstance(item, dict) and item.get("name") == name:
                return number
    return index if index < len(items) else None


def _get(value: Any, pointer: Pointer) -> Any:
    for part in pointer:
        present = part in value if isinstance(value, dict) else isinstance(value, list) and part in range(len(value))
        if not present:
            return _MISSING
        value = value[part]
    return value


def _first(text: object) -> Any:
    documents = parse(text, "").documents if isinstance(text, str) else ()
    return documents[0].value if documents else None


def _at(document: Document, pointer: Pointer) -> Place:
    position = document.position(pointer)
    return Place(document.file, position.line, position.column)
