"""Which folder is the repository: nothing outside it is ever read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nimfleet.config.model import CONFIG_FILE
from nimfleet.errors import UsageError

_MARKERS = (".git", ".copier-answers.repo.yml", ".nimfleet", CONFIG_FILE)


def repository_root(paths: Sequence[Path], root: Path | None = None) -> Path:
    """Real path of the repository that holds all ``paths``.

    It is ``root`` when given; else the nearest parent of the first path with a ``.git``, a ``nimfleet.toml``,
    the copier answers or the ``.nimfleet`` folder of a repository that nimfleet set up; else the current
    folder when it holds the path; else the path itself (its folder, for a file).

    Raises:
        UsageError: a path does not exist, cannot be read, or is outside the repository.
    """
    real = [_existing(path) for path in paths]
    found = _existing(root) if root is not None else _nearest(real[0])
    if not found.is_dir():
        raise UsageError(f"{found} is not a folder")
    for given, path in zip(paths, real, strict=True):
        if not path.is_relative_to(found):
            raise UsageError(f"{given} is outside the repository {found}; give its own root with --root")
    return found


def _existing(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(f"{path}: {reason}") from None


def _nearest(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    for parent in (folder, *folder.parents):
        if any((parent / marker).exists() for marker in _MARKERS):
            return parent
    here = Path.cwd().resolve()
    return here if folder.is_relative_to(here) else folder
