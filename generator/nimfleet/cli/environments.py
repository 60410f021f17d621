"""What `render` and `show` share: finding the repository and rendering the environments that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nimfleet.errors import IntentError, Problem, UsageError

if TYPE_CHECKING:
    from nimfleet.plan.types import EnvironmentPlan
    from nimfleet.render.tree import RenderedTree


def repository_root(root: Path | None) -> Path:
    """``root``, or the nearest folder upward with ``clusters/``.

    Raises:
        UsageError: there is no such folder.
    """
    from nimfleet.repository.environments import find_root

    found = root if root is not None else find_root(Path.cwd())
    if found is None:
        raise UsageError("no clusters/ folder here or above; go into a GitOps repository, or name one with --root")
    if not found.is_dir():
        raise UsageError(f"{found.as_posix()}: no such folder")
    return found


def render_all(base: Path, wanted: Sequence[str]) -> dict[str, RenderedTree]:
    """The rendered trees of the environments ``wanted`` (all when empty), by name.

    Raises:
        UsageError: an environment does not exist.
        IntentError: one or more are not valid; carries the problems of all.
    """
    from nimfleet.render.tree import render_environment
    from nimfleet.repository.environments import CLUSTERS, ENVIRONMENT_FILE, select

    problems: list[Problem] = []
    trees = {}
    for name in select(base, wanted):
        folder = base / CLUSTERS / name
        try:
            trees[name] = render_environment(folder, _display(folder / ENVIRONMENT_FILE))
        except IntentError as error:
            problems.extend(error.problems)
    if problems:
        raise IntentError(tuple(problems))
    return trees


def load_plans(root: Path | None, wanted: Sequence[str]) -> dict[str, EnvironmentPlan]:
    """The plans of the environments ``wanted`` (all when empty), by name; errors as in :func:`render_all`."""
    return {name: tree.plan for name, tree in render_all(repository_root(root), wanted).items()}


def _display(path: Path) -> str:
    """The path as a user would type it: relative to the working directory where that is shorter."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.as_posix()
