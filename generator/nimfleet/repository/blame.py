"""Which place kustomize's complaint is about: the innermost kustomization that it names, or a patch of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.parse import Document, Position, parse
from nimfleet.manifest.walk import text
from nimfleet.repository.files import Files
from nimfleet.repository.kustomization import kustomization_in
from nimfleet.suggest import nearest

_TARGET = re.compile(r"make target for path '([^']+)'")
_UNKNOWN_FIELD = re.compile(r'unknown field \\*"([^"\\]+)\\*"')
_ACCUMULATED = re.compile(r"recursed accumulation of path '([^']+)'")
_UNMATCHED = re.compile(r'no resource matches strategic merge patch \\*"([^"\\]+)\\*"')
_ID = re.compile(r"([^./]*)\.([^./]*)\.([^/]*)/(.*)\.([^.]*)")
"""Kind, version, group, name and namespace as kustomize writes them, with ``[noGrp]`` and ``[noNs]`` for what is not there."""


@dataclass(frozen=True, slots=True)
class Blame:
    """A place in a file, and words that say more clearly than kustomize what is wrong (``""``: none)."""

    file: str
    position: Position
    words: str = ""


def blamed(files: Files, folder: str, resources: Sequence[str], error: str) -> Blame | None:
    """What ``error`` of building ``folder``, of the files ``resources``, is about.

    None when the text names nothing that is found.
    """
    unmatched = _UNMATCHED.search(error)
    if unmatched is not None:
        inner = _ACCUMULATED.findall(error)
        where = posixpath.normpath(inner[-1]) if inner else folder
        return _patch(files, "" if where == "." else where, resources, unmatched[1])
    targets = _TARGET.findall(error)
    source = kustomization_in(files, targets[-1].strip("/")) if targets else None
    if source is None:
        return None
    field = _UNKNOWN_FIELD.search(error)
    if field is not None and source.documents:
        return Blame(source.path, source.documents[0].position((field[1],)))
    return Blame(source.path, Position(1, 1))


def _patch(files: Files, folder: str, resources: Sequence[str], identity: str) -> Blame | None:
    match = _ID.fullmatch(identity)
    if match is None:
        return None
    kind, name = match[1], match[4]
    group = "" if match[3] == "[noGrp]" else match[3]
    namespace = "" if match[5] == "[noNs]" else match[5]
    for document, at in _patches(files, folder):
        own = document.id
        if own is not None and (own.kind, own.name, own.group) == (kind, name, group):
            there = [
                found.id
                for path in resources
                for found in files.read(path).documents
                if found.id is not None and (found.id.kind, found.id.group) == (kind, group)
            ]
            where = f" in namespace `{namespace}`" if namespace else ""
            words = f"this patch finds no {kind} `{name}`{where}; {_hint(there, namespace, name)}"
            return Blame(*at, words)
    return None


def _hint(there: Sequence[ObjectId], namespace: str, name: str) -> str:
    other = next((found for found in there if found.name == name), None)
    if other is not None:
        return (
            f"there is one in namespace `{other.namespace}`"
            if other.namespace
            else "there is one that has no namespace"
        )
    near = nearest(name, [found.name for found in there if found.namespace == namespace])
    return f"did you mean `{near}`?" if near else "correct its name, or take the patch away"


def _patches(files: Files, folder: str) -> Iterator[tuple[Document, tuple[str, Position]]]:
    """Documents of the strategic merge patches of a kustomization that have no target, and where a person finds each."""
    source = kustomization_in(files, folder)
    for kustomization in source.documents if source is not None else ():
        value = kustomization.value if isinstance(kustomization.value, dict) else {}
        for key in ("patches", "patchesStrategicMerge"):
            entries = value.get(key)
            for index, entry in enumerate(entries if isinstance(entries, list) else ()):
                path = text(entry.get("path")) if isinstance(entry, dict) else text(entry)
                inline = text(entry.get("patch")) if isinstance(entry, dict) else path
                if path and "\n" not in path:
                    local = posixpath.normpath(posixpath.join(folder, path))
                    for document in files.read(local).documents if files.inside(local) else ():
                        yield document, (local, document.position(()))
                else:
                    position = kustomization.position((key, index))
                    for document in parse(inline, kustomization.file).documents:
                        yield document, (kustomization.file, position)
