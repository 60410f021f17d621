"""What earlier runs found out, by content: ``.nimfleet-cache/`` in the repository.

Only digests and findings are kept, nothing that a file holds. A key covers everything that a result depends
on: the content, nimfleet's code, the schemas, the tools. So nothing in it is ever out of date; what is
unreadable, altered or gone is worked out again. Two runs at once do not disturb each other: the file is replaced
as a whole, and the last one wins.

The folder comes from the repository, which may be somebody else's. It is not used when it is a symbolic link, and
its content counts only together with the inode and time of change of a file that was made with it: a cache that
came with a checkout or was copied is worth nothing, so that no commit can bring verdicts along.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from nimfleet.resources import schemas_root
from nimfleet.version import __version__

FOLDER: Final = ".nimfleet-cache"
MAX_ENTRIES: Final = 400_000
"""Results kept; those that were not of use for longest go first."""

MISSING: Final = object()
_FILE = "results.json"
_IGNORE = ".gitignore"
_MAX_BYTES = 128 * 1024 * 1024
_LIBRARIES = ("yaml", "yamllint", "jsonschema_rs")


class Cache:
    """Results by key. Values are what JSON can hold. A cache without a folder forgets everything."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._binding = b""
        self._known: dict[str, Any] = {}
        self._used: dict[str, Any] = {}
        self._dirty = False
        self._salt = hashlib.sha256()
        if folder is not None:
            self._salt = hashlib.sha256(repr(list(_fingerprint())).encode())
            self._known = self._load(folder)

    @classmethod
    def open(cls, root: Path) -> Cache:
        """The cache of the repository at ``root``, made when it is missing; one that forgets where that is not
        possible."""
        folder = root / FOLDER
        try:
            folder.mkdir(exist_ok=True)
            if not stat.S_ISDIR(folder.lstat().st_mode) or not os.access(folder, os.W_OK):
                return cls()
            if not os.path.lexists(folder / _IGNORE):
                _write(folder, _IGNORE, b"*\n")
        except OSError:
            return cls()
        return cls(folder)

    def __bool__(self) -> bool:
        """Whether anything is remembered."""
        return self._folder is not None

    def key(self, *parts: str) -> str:
        """The key of a result that depends on ``parts`` (and on nimfleet itself)."""
        digest = self._salt.copy()
        for part in parts:
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(encoded))
            digest.update(encoded)
        return digest.hexdigest()[:32]

    def get(self, key: str) -> Any:
        """The result, or :data:`MISSING`."""
        found = self._used.get(key, MISSING)
        if found is MISSING:
            found = self._known.pop(key, MISSING)
            if found is not MISSING:
                self._used[key] = found
        return found

    def put(self, key: str, value: Any) -> None:
        """Remember a result."""
        if self._folder is not None:
            self._used[key] = value
            self._dirty = True

    def save(self) -> None:
        """Write what is new, if anything is. That it cannot be written is no fault: it is only a cache."""
        if self._folder is None or not self._dirty:
            return
        kept = dict(list(self._known.items())[-max(0, MAX_ENTRIES - len(self._used)) :]) if self._known else {}
        if len(self._used) >= MAX_ENTRIES:
            kept = {}
        body = json.dumps({**kept, **self._used}, separators=(",", ":")).encode()
        try:
            self._binding = _binding(self._folder)
            _write(self._folder, _FILE, self._seal(body) + b"\n" + body)
        except OSError:
            return
        self._dirty = False

    def _load(self, folder: Path) -> dict[str, Any]:
        try:
            self._binding = _binding(folder)
            with open(folder / _FILE, "rb", opener=_no_links) as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
                    return {}
                seal, _, body = stream.read().partition(b"\n")
            if seal != self._seal(body):
                return {}
            known = json.loads(body)
        except (OSError, ValueError, RecursionError):
            return {}
        return known if isinstance(known, dict) else {}

    def _seal(self, body: bytes) -> bytes:
        return hashlib.sha256(self._binding + body).hexdigest().encode()


def stamp(path: Path) -> str:
    """Tells versions of a file apart without reading it."""
    try:
        status = path.stat()
    except OSError:
        return f"{path}: none"
    return f"{path}:{status.st_size}:{status.st_mtime_ns}"


def _binding(folder: Path) -> bytes:
    status = (folder / _IGNORE).lstat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a file")
    return f"{status.st_dev}:{status.st_ino}:{status.st_ctime_ns}\n".encode()


def _no_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)


def _write(folder: Path, name: str, content: bytes) -> None:
    temporary = folder / f".{name}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    try:
        with open(temporary, "xb", opener=_no_links) as stream:
            stream.write(content)
        temporary.replace(folder / name)
    finally:
        temporary.unlink(missing_ok=True)


def _fingerprint() -> Iterator[str]:
    """Everything besides the input that results depend on."""
    yield f"{__version__} {sys.version}"
    yield from _below(Path(__file__).resolve().parent.parent)
    yield from _below(schemas_root())
    for name in _LIBRARIES:
        spec = find_spec(name)
        yield stamp(Path(spec.origin)) if spec and spec.origin else name


def _below(folder: Path) -> Iterator[str]:
    pending = [str(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        pending.append(entry.path)
                elif entry.name.endswith((".py", ".json", ".yaml")):
                    status = entry.stat()
                    yield f"{entry.path}:{status.st_size}:{status.st_mtime_ns}"
