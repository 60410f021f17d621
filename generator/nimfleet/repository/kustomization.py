"""What a kustomization.yaml refers to, found without running anything."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

from nimfleet.manifest.parse import Document, parse
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.files import KUSTOMIZATION_NAMES, MAX_BYTES, Files, SourceFile

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
_PATH_FIELDS = frozenset(
    ("additionalvaluesfiles", "charthome", "confighome", "env", "envs", "files", "path", "paths", "valuesfile")
)
"""Fields of the builtin plugins that name files, in lower case."""
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
        for pointer, item in _items(value, key):
            if isinstance(item, str) and "\n" not in item:
                yield Reference(item, pointer, role)
    for key in ("patches", "patchesJson6902", "replacements"):
        role = Role.OTHER if key == "replacements" else Role.PATCH
        for pointer, item in _items(value, key):
            for name, path in _fields(item, "path"):
                if isinstance(path, str):
                    yield Reference(path, (*pointer, name), role)
    for key in ("configMapGenerator", "secretGenerator"):
        for pointer, item in _items(value, key):
            yield from _generator(item, pointer)
    for key, openapi in _fields(value, "openapi"):
        for name, path in _fields(openapi, "path"):
            if isinstance(path, str):
                yield Reference(path, (key, name), Role.OTHER)


def _generator(item: Any, at: Pointer) -> Iterator[Reference]:
    for key in ("files", "envs"):
        for pointer, entry in _items(item, key):
            if isinstance(entry, str):
                # `name=path` gives the key a name of its own.
                target = entry.partition("=")[2] if key == "files" and "=" in entry else entry
                yield Reference(target, (*at, *pointer), Role.OTHER)
    for name, entry in _fields(item, "env"):
        if isinstance(entry, str):
            yield Reference(entry, (*at, name), Role.OTHER)


def _fields(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """The fields that kustomize takes for ``key``: Go's JSON decoder does not tell upper from lower case."""
    if isinstance(value, dict):
        folded = key.casefold()
        for name, item in value.items():
            if name.casefold() == folded:
                yield name, item


def _items(value: Any, key: str) -> Iterator[tuple[Pointer, Any]]:
    for name, items in _fields(value, key):
        if isinstance(items, list):
            for index, item in enumerate(items):
                yield (name, index), item


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every text in a value, with the name of the field that it is in."""
    if isinstance(value, str):
        yield name.casefold(), value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, name)


def _not_readable(path: Path) -> str:
    """Why kustomize must not read this: pipes and devices never end."""
    try:
        status = path.stat()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if stat.S_ISDIR(status.st_mode):
        return ""
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_size > MAX_BYTES:
        return f"is {status.st_size >> 20} MiB; no object is above {MAX_BYTES >> 20} MiB"
    return ""


class Graph:
    """All that building one folder reads: kustomizations, resource files and patch files, or why it must
    not be built."""

    __slots__ = ("files", "folders", "patches", "problems", "resources", "unread")

    def __init__(self, files: Files) -> None:
        self.files = files
        self.folders: list[str] = []
        self.resources: list[str] = []
        self.patches: list[str] = []
        self.problems: list[BuildProblem] = []
        self.unread: list[str] = []
        """Files that cannot be read, so that what they lead to is not known: nothing may be built of them."""

    def add_folder(self, folder: str) -> None:
        """Go through the kustomization of ``folder``, which must have one, and all that it includes."""
        source = kustomization_in(self.files, folder)
        if folder in self.folders or source is None:
            return
        self.folders.append(folder)
        self._note(source)
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
        elif reason := _not_readable(on_disk):
            self._problem("missing-path", file, document, reference.pointer, f"`{target[:120]}` {reason}")
        elif reference.role is Role.PATCH:
            self.patches.append(local)
        elif reference.role is Role.RESOURCE:
            self.resources.append(local)

    def _folder(self, local: str, file: str, document: Document, reference: Reference) -> None:
        name = reference.target[:120]
        if str(reference.pointer[0]).casefold() in _CONFIGURED:
            message = f"what the plugins in folder `{name}` would read cannot be told; list their files one by one"
            self._problem("outside-repository", file, document, reference.pointer, message)
        elif kustomization_in(self.files, local) is None:
            message = f"folder `{name}` has no kustomization.yaml, so it cannot be included; add one, or list its files"
            self._problem("missing-path", file, document, reference.pointer, message)
        else:
            self.add_folder("" if local == "." else local)

    def _configured(self, folder: str, file: str, document: Document) -> None:
        """Plugins: their configurations name files and URLs themselves. Helm is never run."""
        for key in ("helmCharts", "helmChartInflationGenerator"):
            for pointer, _ in _items(document.value, key):
                message = (
                    f"`{key}` needs Helm and a network, and Flux does not inflate charts in kustomizations either; "
                    "use a HelmRelease"
                )
                self._problem("remote-base", file, document, pointer, message)
        for key in _CONFIGURED:
            for pointer, item in _items(document.value, key):
                if not isinstance(item, str):
                    continue
                local = posixpath.normpath(posixpath.join(folder, item))
                text: str | None = item if "\n" in item else None
                base = folder
                if text is None and self.files.inside(local) and (self.files.root / local).is_file():
                    source = self.files.read(local)
                    self._note(source)
                    text, base = source.text, posixpath.dirname(local)
                if text:
                    self._plugin(text, {folder, base}, file, document, pointer)

    def _note(self, source: SourceFile) -> None:
        if source.problems:
            self.unread.append(source.path)

    def _plugin(self, text: str, folders: set[str], file: str, document: Document, at: Pointer) -> None:
        for configuration in parse(text, file).documents:
            for name, words in _texts(configuration.value, ""):
                if "\n" in words:
                    continue
                targets = {words, words.partition("=")[2] or words}
                if is_remote(words) or "://" in words:
                    message = f"this plugin names `{words[:120]}`, which is fetched from the network; it is not run"
                    self._problem("remote-base", file, document, at, message)
                elif name in _PATH_FIELDS and any(
                    self._leaves(folder, target) for folder in sorted(folders) for target in sorted(targets)
                ):
                    message = f"this plugin names `{words[:120]}`, which is not a file of the repository; it is not run"
                    self._problem("outside-repository", file, document, at, message)

    def _leaves(self, folder: str, target: str) -> bool:
        local = posixpath.normpath(posixpath.join(folder, target))
        if posixpath.isabs(target):
            # A path of fields in an object may begin with a slash, too.
            return os.path.lexists(target)
        if local == ".." or local.startswith("../"):
            return True
        on_disk = self.files.root / local
        return os.path.lexists(on_disk) and (not self.files.inside(local) or bool(_not_readable(on_disk)))

    def _problem(self, code: str, file: str, document: Document, pointer: Pointer, message: str) -> None:
        place = document.position(pointer)
        self.problems.append(BuildProblem(code, file, place.line, place.column, message, pointer))
