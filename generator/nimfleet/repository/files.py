"""The YAML files of a repository: found, read and parsed once, never outside its root."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nimfleet.config.glob import covers
from nimfleet.errors import UsageError
from nimfleet.manifest.parse import Document, ParseProblem, ParseResult, parse
from nimfleet.workers import mapped

SUFFIXES = (".yaml", ".yml")
KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
MAX_BYTES = 16 * 1024 * 1024
"""Larger files are refused unread; the API server itself takes no object above 3 MiB."""

MAX_TOTAL = 512 * 1024 * 1024
"""Characters of YAML in one validation: ten times what a fleet of thousands of models takes."""

_MUCH = 1 << 20
"""Characters of text from which files are parsed on all cores, and their documents packed."""
_ROUND = 8 << 20
_SKIPPED_FOLDERS = frozenset({"node_modules", "venv", "__pycache__"})


@dataclass(frozen=True, slots=True, eq=False)
class SourceFile:
    """One file as it is on disk. ``path`` is relative to the root (POSIX); ``text`` is None when
    unreadable."""

    path: str
    text: str | None
    documents: tuple[Document, ...]
    problems: tuple[ParseProblem, ...]

    @property
    def encoded(self) -> bytes:
        """The file's bytes."""
        return (self.text or "").encode()

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The folder's path, ``""`` for the root."""
        return self.path.rpartition("/")[0]


@dataclass(slots=True)
class Files:
    """Files of one repository, each read at most once. ``exclude`` are globs of files that are not looked for."""

    root: Path
    exclude: tuple[str, ...] = ()
    _read: dict[str, SourceFile] = field(default_factory=dict)
    helm_templates: int = 0
    excluded: int = 0
    held: int = 0
    """Characters that have been read."""
    _inside: dict[str, bool] = field(default_factory=dict)

    def discover(self, paths: Iterable[Path]) -> list[SourceFile]:
        """YAML files below ``paths`` (real paths inside the root), by path.

        Left out: hidden folders (``.git``, ``.venv``, ``.github``), ``node_modules``, ``venv``; the templates
        of Helm charts, which are not YAML before Helm has filled them in (counted in ``helm_templates``);
        and what ``exclude`` covers, unless it is itself one of ``paths`` (``excluded``). Folders that are
        symbolic links are not followed: inside the repository their target is found anyway.

        Raises:
            UsageError: one of ``paths`` itself cannot be read, or there is more than :data:`MAX_TOTAL`.
        """
        named: set[str] = set()
        found: set[str] = set()
        for path in paths:
            if path.is_dir():
                if not os.access(path, os.R_OK | os.X_OK):
                    raise UsageError(f"{path}: permission denied")
                found.update(self._walk(path))
            else:
                named.add(self.relative(path))
        self._read_all(sorted(named | found))
        for name in sorted(named):
            if self.read(name).text is None:
                raise UsageError(str(self.read(name).problems[0]))
        return [self.read(name) for name in sorted(named | found)]

    def relative(self, path: Path) -> str:
        """``path`` (inside the root) relative to the root, in POSIX form; ``""`` is the root."""
        text = path.relative_to(self.root).as_posix()
        return "" if text == "." else text

    def read(self, path: str) -> SourceFile:
        """The file at ``path``; one that cannot be read has no text and one problem."""
        if path not in self._read:
            self._read_all([path])
        return self._read[path]

    def carried(self, root: Path, unchanged: Callable[[str], bool]) -> Files:
        """The files of another state of this repository, at ``root``; ``unchanged`` ones need not be read
        again."""
        known = {path: source for path, source in self._read.items() if unchanged(path)}
        return Files(root, self.exclude, known)

    def inside(self, path: str) -> bool:
        """Whether ``path``, with every symbolic link followed, exists inside the repository."""
        folder, _, name = path.rpartition("/")
        if name in {"", ".", ".."}:
            return self._resolves(path)
        # Following links from the root costs much, and all files of a folder share the way to it.
        if folder not in self._inside:
            self._inside[folder] = self._resolves(folder)
        if not self._inside[folder]:
            return False
        try:
            linked = stat.S_ISLNK(os.lstat(f"{self.root}/{path}").st_mode)
        except (OSError, ValueError):
            return False
        return self._resolves(path) if linked else True

    def _resolves(self, path: str) -> bool:
        try:
            return (self.root / path).resolve(strict=True).is_relative_to(self.root)
        except (OSError, RuntimeError, ValueError):
            return False

    def _walk(self, folder: Path) -> Iterator[str]:
        """Paths of the files below; what cannot be looked into is among them, and read as unreadable."""
        problems: list[str] = []

        def unreadable(error: OSError) -> None:
            where = self.relative(Path(str(error.filename)))
            self._read[where] = _unreadable(where, f"this folder cannot be read: {error.strerror}")
            problems.append(where)

        for current, folders, names in os.walk(folder, onerror=unreadable):
            here = Path(current)
            if "Chart.yaml" in names and "templates" in folders:
                folders.remove("templates")
                self.helm_templates += sum(
                    name.endswith(SUFFIXES) for _, _, below in os.walk(here / "templates") for name in below
                )
            for name in sorted(folders):
                if (here / name).is_symlink() and (problem := self._bad_link(here / name)):
                    self._read[problem.path] = problem
                    yield problem.path
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".") and name not in _SKIPPED_FOLDERS and not (here / name).is_symlink()
            )
            for name in sorted(names):
                if name.endswith(SUFFIXES) or name == "Kustomization":
                    path = self.relative(here / name)
                    if self.exclude and covers(self.exclude, path):
                        self.excluded += 1
                    else:
                        yield path
        yield from problems

    def _bad_link(self, path: Path) -> SourceFile | None:
        if self.inside(self.relative(path)):
            return None
        return _unreadable(self.relative(path), _link_reason(path))

    def _read_all(self, paths: Sequence[str]) -> None:
        texts: dict[str, str] = {}
        for path in paths:
            if path not in self._read:
                text = self._text(path)
                if isinstance(text, str):
                    self.held += len(text)
                    if self.held > MAX_TOTAL:
                        raise UsageError(
                            f"there is more than {MAX_TOTAL >> 20} MiB of YAML here; validate folders one by one"
                        )
                    texts[path] = text
                else:
                    self._read[path] = text
        sizes = list(map(len, texts.values()))
        if sum(sizes) < _MUCH:
            results = [parse(text, path) for path, text in texts.items()]
        else:
            results = mapped(_packed, list(texts.items()), sizes, enough=_MUCH, most=_ROUND)
        for (path, text), result in zip(texts.items(), results, strict=True):
            for document in result.documents:
                document.with_source(text)
            self._read[path] = SourceFile(path, text, result.documents, result.problems)

    def _text(self, path: str) -> str | SourceFile:
        """The file's text, or what it is when it has none."""
        full = self.root / path
        if not self.inside(path):
            return _unreadable(path, _link_reason(full) if full.is_symlink() else "this file does not exist")
        try:
            # Opened first and looked at then, so that nothing can take its place; a pipe must not block.
            with open(full, "rb", opener=_without_waiting) as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode):
                    return _unreadable(path, "this is not a regular file")
                if status.st_size > MAX_BYTES:
                    size = f"{status.st_size / 1024 / 1024:.0f} MiB"
                    return _unreadable(path, f"this file is {size}; no manifest is above {MAX_BYTES >> 20} MiB")
                content = stream.read(MAX_BYTES + 1)
        except OSError as error:
            if not _is_regular(full):
                return _unreadable(path, "this is not a regular file")
            return _unreadable(path, f"this file cannot be read: {error.strerror}")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            column = error.start - content.rfind(b"\n", 0, error.start)
            what = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else f"byte 0x{content[error.start]:02x}"
            return _unreadable(path, f"not UTF-8 text: {what}; save the file as UTF-8", line, column)


def _packed(entry: tuple[str, str]) -> ParseResult:
    """One of very many files."""
    path, text = entry
    result = parse(text, path)
    return ParseResult(tuple(document.packed() for document in result.documents), result.problems)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True


def _unreadable(path: str, reason: str, line: int = 1, column: int = 1) -> SourceFile:
    return SourceFile(path, None, (), (ParseProblem(path, line, column, "", reason, "unreadable"),))


def _link_reason(path: Path) -> str:
    try:
        path.resolve(strict=True)
    except FileNotFoundError:
        return f"this symbolic link points to {path.readlink()}, which does not exist"
    except (OSError, RuntimeError):
        return "this symbolic link points to itself or cannot be followed"
    return "this symbolic link leaves the repository; nothing outside it is read"
