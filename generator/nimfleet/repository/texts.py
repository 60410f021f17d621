"""The text files of a repository that are no YAML to validate, but are committed beside it."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nimfleet.config.glob import covers
from nimfleet.repository.files import Files

MAX_BYTES = 1 << 20
"""Larger files are not read: nobody writes them by hand."""

MAX_FILES = 20_000
_LOOK_AT = 8192
_NOT_OURS = frozenset(
    (
        ".git",
        ".hg",
        ".svn",
        ".venv",
        "venv",
        ".bin",
        "node_modules",
        "__pycache__",
        ".nimfleet-cache",
        ".terraform",
        ".tox",
        ".cache",
    )
)
_CACHES = ("_cache", ".egg-info")
_BINARY = frozenset(
    (
        ".png",
        ".jpg",
        ".jpeg",
        ".gif",
        ".ico",
        ".pdf",
        ".gz",
        ".tgz",
        ".zip",
        ".whl",
        ".pyc",
        ".so",
        ".woff",
        ".woff2",
        ".mp4",
    )
)


@dataclass(slots=True)
class Texts:
    """Text files, read one after the other. ``large`` and ``unreadable`` count those that were not, ``beyond`` tells that
    there are more than :data:`MAX_FILES`."""

    large: int = 0
    unreadable: int = 0
    beyond: bool = False
    _seen: set[str] = field(default_factory=set)

    def read(self, files: Files, folders: Iterable[Path], known: Collection[str]) -> Iterator[tuple[str, str]]:
        """(path, text) of the files below ``folders`` (real paths inside the root) that are not ``known``, by folder.

        Hidden files and folders are among them, but not what git and package managers keep. Links are not followed,
        and what ``exclude`` of nimfleet.toml covers is left out, as everywhere.
        """
        for folder in folders:
            if not folder.is_dir():
                continue
            for current, below, names in os.walk(folder):
                below[:] = sorted(name for name in below if name not in _NOT_OURS and not name.endswith(_CACHES))
                for name in sorted(names):
                    path = files.relative(Path(current, name))
                    if path in known or path in self._seen or (files.exclude and covers(files.exclude, path)):
                        continue
                    self._seen.add(path)
                    if len(self._seen) > MAX_FILES:
                        self.beyond = True
                        return
                    text = self._text(Path(current, name))
                    if text is not None:
                        yield path, text

    def _text(self, path: Path) -> str | None:
        if path.suffix.lower() in _BINARY:
            return None
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            self.unreadable += not path.is_symlink()
            return None
        try:
            with os.fdopen(descriptor, "rb") as stream:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    return None
                content = stream.read(_LOOK_AT if status.st_size > MAX_BYTES else MAX_BYTES + 1)
        except OSError:
            self.unreadable += 1
            return None
        if b"\0" in content[:_LOOK_AT]:
            return None
        if status.st_size > MAX_BYTES or len(content) > MAX_BYTES:
            self.large += 1
            return None
        return content.decode("utf-8", "replace")
