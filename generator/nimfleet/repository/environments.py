"""Where the environments of a repository are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nimfleet.errors import UsageError
from nimfleet.suggest import did_you_mean, listing

CLUSTERS = "clusters"
ENVIRONMENT_FILE = "environment.yaml"


def find_root(start: Path) -> Path | None:
    """The nearest folder, from ``start`` upward, that has a ``clusters`` folder; None when there is none."""
    resolved = start.resolve()
    return next((folder for folder in (resolved, *resolved.parents) if (folder / CLUSTERS).is_dir()), None)


def environments(root: Path) -> tuple[str, ...]:
    """Names of the folders under ``clusters/`` with an environment.yaml, sorted."""
    clusters = root / CLUSTERS
    if not clusters.is_dir():
        return ()
    return tuple(sorted(folder.name for folder in clusters.iterdir() if (folder / ENVIRONMENT_FILE).is_file()))


def select(root: Path, wanted: Sequence[str]) -> tuple[str, ...]:
    """The environments named in ``wanted``, or all of them.

    Raises:
        UsageError: a name is not an environment of this repository, or there is none at all.
    """
    known = environments(root)
    if not known:
        raise UsageError(
            f"{(root / CLUSTERS).as_posix()}: no environment here (no {CLUSTERS}/<name>/{ENVIRONMENT_FILE}); "
            "make one with `copier copy`"
        )
    # `clusters/dev` is what a shell completes to.
    names = [name.removeprefix(f"{CLUSTERS}/").rstrip("/") for name in wanted]
    for name in names:
        if name not in known:
            raise UsageError(
                f"no environment '{name}'; environments here: {listing(known)}.{did_you_mean(name, known)}"
            )
    return tuple(dict.fromkeys(names)) or known
