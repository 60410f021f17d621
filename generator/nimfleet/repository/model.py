"""A repository as Flux sees it: files, overlays and the objects that come out of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.parse import Document
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.files import Files, SourceFile
from nimfleet.repository.kustomization import BuildProblem
from nimfleet.repository.overlay import Overlay


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file of the repository; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class KubeObject:
    """One object that Flux (or ``kubectl apply``) would send to the API server.

    ``content`` is what is sent (a value, or the document that has it), ``overlay`` what built it (None:
    applied as the file stands), ``folder`` the overlay's or the file's folder. ``place(pointer)`` is where a
    person edits that part, which costs time and is meant for findings.
    """

    id: ObjectId
    content: Any
    overlay: Overlay | None
    folder: str
    place: Callable[[Pointer], Place]

    @property
    def value(self) -> Any:
        """The object itself; it must not be changed, and may be another equal one each time."""
        return self.content.value if isinstance(self.content, Document) else self.content


@dataclass(frozen=True, slots=True, eq=False)
class Repository:
    """Everything that was read. ``objects`` are in the order of files and overlays."""

    root: Path
    files: Files
    sources: tuple[SourceFile, ...]
    objects: tuple[KubeObject, ...]
    overlays: tuple[Overlay, ...]
    problems: tuple[BuildProblem, ...]
    others: Mapping[str, int]
    """How many documents are not Kubernetes manifests, and what they are instead."""


def at(document: Document) -> Callable[[Pointer], Place]:
    """Places in the file of a document that is applied as it stands."""

    def place(pointer: Pointer) -> Place:
        position = document.position(pointer)
        return Place(document.file, position.line, position.column)

    return place
