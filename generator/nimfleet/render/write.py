"""Writing a rendered tree so that it is always whole: the old one, or the new one.

The new tree is written beside the old one into ``.nimfleet-new``; renaming that folder to ``.nimfleet-ready`` is
the one step that decides. Before it, a crash leaves the old tree as it was. After it, moving the parts into place
is finished by whoever comes next. A lock on the folder keeps two renders apart, and leaves nothing behind.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nimfleet.errors import UsageError
from nimfleet.manifest.mark import MARK
from nimfleet.render.tree import GENERATED, RenderedFile

_NEW = ".nimfleet-new"
_READY = ".nimfleet-ready"
_OLD = ".nimfleet-old"
_ABSENT = ".absent"


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths (posix, relative to the environment's folder) by what rendering does to them."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(folder: Path, files: Mapping[str, RenderedFile]) -> Changes:
    """What differs between the tree on disk and ``files``.

    Raises:
        UsageError: a file of the tree cannot be read.
    """
    try:
        existing = {path: _content(folder / path) for path in _existing(folder)}
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from None
    wanted = {path: file.text.encode() for path, file in files.items()}
    return Changes(
        added=tuple(sorted(wanted.keys() - existing.keys())),
        changed=tuple(sorted(path for path in wanted.keys() & existing.keys() if wanted[path] != existing[path])),
        removed=tuple(sorted(existing.keys() - wanted.keys())),
    )


def _content(path: Path) -> bytes:
    """Bytes of a file; those of no file for a link, which is never what rendering wrote."""
    return b"" if path.is_symlink() else path.read_bytes()


def write(folder: Path, files: Mapping[str, RenderedFile]) -> Changes:
    """Make the tree on disk equal to ``files``; a tree that is equal already is not touched.

    Raises:
        UsageError: the folder cannot be written, another render is at work, or a file that nobody generated would be lost.
    """
    try:
        with _locked(folder):
            _finish(folder)
            changes = compare(folder, files)
            if changes:
                refuse_to_lose(folder, changes)
                _stage(folder, files)
                (folder / _NEW).rename(folder / _READY)
                _finish(folder)
    except OSError as error:
        if (folder / _READY).exists():
            state = "the new tree is moved in only in part; mend this and render again, which finishes it"
        else:
            state = "the old tree is as it was"
        raise UsageError(f"{error.filename or folder}: {error.strerror or error}; {state}") from None
    return changes


def _existing(folder: Path) -> Iterator[str]:
    for name in GENERATED:
        path = folder / name
        if path.is_symlink() or path.is_file():
            yield name
        elif path.is_dir():
            for parent, folders, names in os.walk(path):
                # A link to a folder is one thing that rendering would remove, not a folder to look into.
                links = [child for child in folders if (Path(parent) / child).is_symlink()]
                for child in names + links:
                    yield (Path(parent) / child).relative_to(folder).as_posix()


def refuse_to_lose(folder: Path, changes: Changes) -> None:
    """Make sure that rendering replaces and removes only what was generated.

    Raises:
        UsageError: a file without our mark would be lost.
    """
    for path in changes.changed + changes.removed:
        target = folder / path
        if target.is_symlink() or not _generated(target):
            raise UsageError(
                f"{target.as_posix()}: this file was not generated, and rendering owns its place; move it to custom/ "
                "(or delete it), then render again"
            )


def _generated(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK.encode()


def _stage(folder: Path, files: Mapping[str, RenderedFile]) -> None:
    new = folder / _NEW
    if new.is_dir():
        shutil.rmtree(new)
    new.mkdir()
    for path, file in files.items():
        target = new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.text.encode())
    absent = [name for name in GENERATED if not (new / name).exists()]
    (new / _ABSENT).write_text("\n".join(absent), encoding="utf-8")


def _finish(folder: Path) -> None:
    """Move the parts of a decided tree into place; safe to repeat from any point."""
    ready, old = folder / _READY, folder / _OLD
    if ready.is_dir():
        old.mkdir(exist_ok=True)
        absent = (ready / _ABSENT).read_text(encoding="utf-8").split()
        for name in GENERATED:
            staged, target = ready / name, folder / name
            # A staged name that is gone was moved into place before the crash.
            if staged.exists() or name in absent:
                if target.exists() or target.is_symlink():
                    _discard(old / name)
                    target.rename(old / name)
                if staged.exists():
                    staged.rename(target)
        # Renamed first: half removed, it would look like a tree still to be moved in.
        ready.rename(old / _READY)
    if old.is_dir():
        shutil.rmtree(old)


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"{folder.as_posix()}: another render is at work here; wait for it, then try again"
            ) from None
        yield
    finally:
        os.close(handle)
