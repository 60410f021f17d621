"""What a kustomization.yaml refers to, found without running anything."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from nimfleet.manifest.parse import Document
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.files import KUSTOMIZATION_NAMES, Files, SourceFile

GROUP = "kustomize.config.k8s.io"


class Role(Enum):
    """What the target of a reference is to the kustomization."""

    RESOURCE = auto()
    COMPONENT = auto()
    PATCH = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Reference:
    """A path or URL as it is written, where it is written, and its role."""

    target: str
    pointer: Pointer
    role: Role


@dataclass(frozen=True, slots=True)
class BuildProblem:
    """Why an overlay was not built, or failed; ``code`` names the rule in family ``build``."""

    code: str
    file: str
    line: int
    column: int
    message: str
    pointer: Pointer = ()
    object: str = ""


_LISTS: dict[str, Role] = {
    "resources": Role.RESOURCE,
    "bases": Role.RESOURCE,
    "components": Role.COMPONENT,
    "crds": Role.OTHER,
    "configurations": Role.OTHER,
    "generators": Role.OTHER,
    "transformers": Role.OTHER,
    "validators": Role.OTHER,
    "patchesStrategicMerge": Role.PATCH,
}
_CONFIGURED = ("generators", "transformers", "validators")
_REMOTE = re.compile(
    r"://|^git::|^git@|^[\w.+-]+@[\w.-]+[:/]|[?&](?:ref|version|submodules|timeout)=|^github\.com[/:]|^gitlab\.com[/:]"
    r"|^bitbucket\.org[/:]|^[\w-]+(?:\.[\w-]+)+(?::\d+)?/.*(?://|\.git\b)",
    re.IGNORECASE,
)


def is_remote(target: str) -> bool:
    """Whether kustomize would go to the network for ``target``."""
    return bool(_REMOTE.search(target))


def kustomization_in(files: Files, folder: str) -> SourceFile | None:
    """The kustomization file of ``folder``, or None."""
    for name in KUSTOMIZATION_NAMES:
        path = posixpath.join(folder, name)
        if (files.root / path).is_file() or (files.root / path).is_symlink():
            return files.read(path)
    return None


def is_component(document: Document) -> bool:
    """Whether the kustomization is a ``Component``, which only others can build."""
    return isinstance(document.value, dict) and document.value.get("kind") == "Component"


def references(document: Document) -> Iterator[Reference]:
    """Every path or URL that kustomize would open for this kustomization."""
    value = document.value
    if not isinstance(value, dict):
        return
    for key, role in _LISTS.items():
        for index, item in _items(value, key):
            if isinstance(item, str) and "\n" not in item:
                yield Reference(item, (key, index), role)
    for key in ("patches", "patchesJson6902", "replacements"):
        for index, item in _items(value, key):
            if isinstance(item, dict) and isinstance(item.get("path"), str):
                yield Reference(item["path"], (key, index, "path"), Role.PATCH if key != "replacements" else Role.OTHER)
    for key in ("configMapGenerator", "secretGenerator"):
        for index, item in _items(value, key):
            if isinstance(item, dict):
                yield from _generator(item, (key, index))
    openapi = value.get("openapi")
    if isinstance(openapi, dict) and isinstance(openapi.get("path"), str):
        yield Reference(openapi["path"], ("openapi", "path"), Role.OTHER)


def _generator(item: dict[str, Any], pointer: Pointer) -> Iterator[Reference]:
    for key in ("files", "envs"):
        for index, entry in _items(item, key):
            if isinstance(entry, str):
                # `name=path` gives the key a name of its own.
                target = entry.partition("=")[2] if key == "files" and "=" in entry else entry
                yield Reference(target, (*pointer, key, index), Role.OTHER)
    if isinstance(item.get("env"), str):
        yield Reference(item["env"], (*pointer, "env"), Role.OTHER)


def _items(value: dict[str, Any], key: str) -> Iterator[tuple[int, Any]]:
    items = value.get(key)
    if isinstance(items, list):
        yield from enumerate(items)


class Graph:
    """All that building one folder reads: kustomizations, resource files and patch files, or why it must
    not be built."""

    __slots__ = ("files", "folders", "patches", "problems", "resources")

    def __init__(self, files: Files) -> None:
        self.files = files
        self.folders: list[str] = []
        self.resources: list[str] = []
        self.patches: list[str] = []
        self.problems: list[BuildProblem] = []

    def add_folder(self, folder: str) -> None:
        """Go through the kustomization of ``folder``, which must have one, and all that it includes."""
        source = kustomization_in(self.files, folder)
        if folder in self.folders or source is None:
            return
        self.folders.append(folder)
        for document in source.documents:
            for reference in references(document):
                self._follow(folder, source.path, document, reference)
            self._configured(folder, source.path, document)

    def _follow(self, folder: str, file: str, document: Document, reference: Reference) -> None:
        target = reference.target
        local = posixpath.normpath(posixpath.join(folder, target))
        on_disk = self.files.root / local
        if is_remote(target) and not (on_disk.is_file() and "://" not in target):
            message = (
                f"`{target[:120]}` is fetched from the network, so what it brings cannot be checked here; "
                "copy it into the repository, or let a Flux source fetch it"
            )
            self._problem("remote-base", file, document, reference.pointer, message)
        elif posixpath.isabs(target) or local == ".." or local.startswith("../"):
            message = f"`{target[:120]}` leaves the repository; nothing outside it is read"
            self._problem("outside-repository", file, document, reference.pointer, message)
        elif not on_disk.exists() and not on_disk.is_symlink():
            self._problem("missing-path", file, document, reference.pointer, f"`{target[:120]}` does not exist")
        elif not self.files.inside(local):
            message = f"`{target[:120]}` is a symbolic link that leads out of the repository or nowhere"
            self._problem("outside-repository", file, document, reference.pointer, message)
        elif on_disk.is_dir():
            self._folder(local, file, document, reference)
        elif reference.role is Role.PATCH:
            self.patches.append(local)
        elif reference.role is Role.RESOURCE:
            self.resources.append(local)

    def _folder(self, local: str, file: str, document: Document, reference: Reference) -> None:
        if kustomization_in(self.files, local) is None:
            message = (
                f"folder `{reference.target[:120]}` has no kustomization.yaml, so it cannot be included; "
                "add one, or list its files"
            )
            self._problem("missing-path", file, document, reference.pointer, message)
        else:
            self.add_folder("" if local == "." else local)

    def _configured(self, folder: str, file: str, document: Document) -> None:
        """Plugin configurations may name files and URLs in any field, so every text of theirs is looked
        at."""
        value = document.value if isinstance(document.value, dict) else {}
        for key in _CONFIGURED:
            for index, item in _items(value, key):
                if not isinstance(item, str):
                    continue
                local = posixpath.normpath(posixpath.join(folder, item))
                text = item if "\n" in item else None
                if text is None and not local.startswith("..") and (self.files.root / local).is_file():
                    text = self.files.read(local).text
                if text and re.search(r"\w+://|\.\./\.\./", text):
                    message = f"this {key[:-1]} names a URL or a path outside its folder; it is not run"
                    self._problem("remote-base", file, document, (key, index), message)

    def _problem(self, code: str, file: str, document: Document, pointer: Pointer, message: str) -> None:
        place = document.position(pointer)
        self.problems.append(BuildProblem(code, file, place.line, place.column, message, pointer))
