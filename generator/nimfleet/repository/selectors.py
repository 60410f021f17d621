"""Entries of kustomizations that name what they change, and change nothing: kustomize passes over them in silence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.parse import Document
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.repository.files import Files
from nimfleet.repository.kustomization import Graph, is_component, kustomization_in, references
from nimfleet.repository.overlay import Overlay, graph_of

_PATCHES = ("patches", "patchesJson6902")
_FIELDS = ("group", "version", "kind", "name", "namespace")
_TERM = re.compile(
    r"\s*(?P<key>[^\s=!,()]+)\s*(?:(?P<how>==|=|!=)\s*(?P<value>[^\s,()]*)|(?P<word>in|notin)\s*\((?P<set>[^)]*)\))?\s*"
)


class What(StrEnum):
    """What an entry is."""

    PATCH = "patch"
    IMAGE = "image"
    REPLACEMENT = "replacement"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object at some stage of a build: as it is written, or as it comes out."""

    id: ObjectId
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """The ``target`` of a patch, an entry of ``images``, or what a replacement selects, in a kustomization."""

    document: Document
    pointer: Pointer
    value: Mapping[str, Any]
    what: What


def entries(document: Document) -> Iterator[Entry]:
    """The patches with a target, the images and the targets of replacements of one kustomization."""
    for key in _PATCHES:
        for pointer, entry in items(document.value, key):
            if isinstance(entry.get("target"), dict):
                yield Entry(document, (*pointer, "target"), entry["target"], What.PATCH)
    for pointer, entry in items(document.value, "images"):
        if text(entry.get("name")):
            yield Entry(document, pointer, entry, What.IMAGE)
    for pointer, entry in items(document.value, "replacements"):
        for at, target in items(entry, "targets"):
            if isinstance(target.get("select"), dict):
                yield Entry(document, (*pointer, *at, "select"), target["select"], What.REPLACEMENT)


def unmatched(
    files: Files, overlays: Mapping[Overlay, Sequence[Candidate]]
) -> Iterator[tuple[Entry, tuple[Candidate, ...]]]:
    """Entries of the kustomizations of ``overlays`` (each with what it builds to) that change nothing in any of them, with
    the objects that were there."""
    unused: dict[tuple[str, Pointer], tuple[Entry, tuple[Candidate, ...]]] = {}
    used: set[tuple[str, Pointer]] = set()
    for overlay, built in overlays.items():
        graph = graph_of(files, overlay)
        whole: tuple[Candidate, ...] | None = None
        for folder in graph.folders:
            source = kustomization_in(files, folder)
            for document in source.documents if source is not None else ():
                for entry in entries(document):
                    key = (document.file, entry.pointer)
                    if key in used:
                        continue
                    if is_component(document):
                        whole = whole if whole is not None else (*_sources(files, graph), *built)
                        there = whole
                    else:
                        there = (*_sources(files, _below(files, folder)), *built)
                    if matches(entry.value, there, what=entry.what):
                        used.add(key)
                        unused.pop(key, None)
                    else:
                        unused.setdefault(key, (entry, there))
    yield from (unused[key] for key in sorted(unused, key=repr))


def written(files: Files, overlay: Overlay) -> Iterator[Candidate]:
    """What goes into the build of an overlay."""
    return _sources(files, graph_of(files, overlay))


def matches(value: Mapping[str, Any], candidates: Iterable[Candidate], *, what: What) -> bool:
    """Whether a target, or an entry of ``images``, finds anything among objects (true where a target cannot be read:
    kustomize says so then)."""
    if what is What.IMAGE:
        names = (text(value.get("name")), text(value.get("newName")))
        return any(found in names for candidate in candidates for found in images(candidate.value))
    return any(selects(value, candidate) for candidate in candidates)


def selects(target: Mapping[str, Any], candidate: Candidate) -> bool:
    """Whether kustomize's selector ``target`` takes the object: its fields are regular expressions for the whole text."""
    identity = candidate.id
    for field in _FIELDS:
        pattern = text(target.get(field))
        if not pattern:
            continue
        try:
            expression = re.compile(f"(?:{pattern})")
        except re.error:
            return True
        value = getattr(identity, field)
        # An object that is written without a namespace is in whichever the kustomization puts it.
        if not expression.fullmatch(value) and not (field == "namespace" and not value):
            return False
    metadata = get(candidate.value, "metadata")
    return all(
        _labels(text(target.get(field)), mapping(get(metadata, part)))
        for field, part in (("labelSelector", "labels"), ("annotationSelector", "annotations"))
    )


def images(value: Any) -> Iterator[str]:
    """The images of all containers in an object, without tag and digest: what kustomize's ``images`` looks at."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in {"containers", "initContainers"} and isinstance(part, list):
                for container in part:
                    image = text(get(container, "image")).partition("@")[0]
                    if image:
                        head, colon, tag = image.rpartition(":")
                        yield head if colon and "/" not in tag else image
            else:
                yield from images(part)
    elif isinstance(value, list):
        for part in value:
            yield from images(part)


def may_have_entries(files: Files, folder: str) -> bool:
    """Whether a kustomization has such entries, or includes others that may."""
    source = kustomization_in(files, folder) if (files.root / folder).is_dir() else None
    for document in source.documents if source is not None else ():
        if any(True for _ in entries(document)):
            return True
        if any(not reference.target.endswith((".yaml", ".yml")) for reference in references(document)):
            return True
    return False


def _below(files: Files, folder: str) -> Graph:
    graph = Graph(files)
    graph.add_folder(folder)
    return graph


def _sources(files: Files, graph: Graph) -> Iterator[Candidate]:
    """What goes into a build: the objects in its files, and those that its kustomizations generate."""
    for path in dict.fromkeys(graph.resources):
        for document in files.read(path).documents:
            if document.id is not None:
                yield Candidate(document.id, document.value)
    for folder in graph.folders:
        source = kustomization_in(files, folder)
        for document in source.documents if source is not None else ():
            for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
                for _, entry in items(document.value, key):
                    identity = ObjectId("", "v1", kind, text(entry.get("namespace")), text(entry.get("name")))
                    options = {"metadata": mapping(entry.get("options"))}
                    yield Candidate(identity, options)


def _labels(selector: str, labels: Mapping[str, Any]) -> bool:
    """A label selector as ``kubectl -l`` takes it."""
    rest = selector
    while rest.strip():
        absent = rest.lstrip().startswith("!")
        match = _TERM.match(rest.lstrip()[1:] if absent else rest)
        if match is None:
            return True
        value = labels.get(match["key"])
        if match["word"]:
            inside = value in {part.strip() for part in match["set"].split(",")}
            fits = inside if match["word"] == "in" else not inside
        elif match["how"]:
            fits = (value == match["value"]) == (match["how"] != "!=")
        else:
            fits = (value is None) == absent
        if not fits:
            return False
        rest = (rest.lstrip()[1:] if absent else rest)[match.end() :].removeprefix(",")
    return True
