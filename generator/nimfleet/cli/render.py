"""`nimfleet render`: write the trees of environments, or check that they are up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    environments: Annotated[
        list[str] | None, typer.Argument(metavar="[ENV]...", help="Environments; all when none is named.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 when a tree differs from its environment.yaml.")
    ] = False,
    root: Annotated[
        Path | None, typer.Option("--root", help="The repository; default: the nearest folder upward with clusters/.")
    ] = None,
) -> None:
    """Render clusters/ENV from its environment.yaml.

    All environments are checked before the first one is written.
    """
    from nimfleet.errors import IntentError, Problem, UsageError
    from nimfleet.render.tree import render_environment
    from nimfleet.render.write import compare, write
    from nimfleet.repository.environments import CLUSTERS, ENVIRONMENT_FILE, find_root, select

    base = root if root is not None else find_root(Path.cwd())
    if base is None:
        raise UsageError(
            "no clusters/ folder here or in a folder above; go into a GitOps repository, or name one with --root"
        )
    problems: list[Problem] = []
    trees = {}
    for name in select(base, environments or ()):
        folder = base / CLUSTERS / name
        display = _display(folder / ENVIRONMENT_FILE)
        try:
            trees[name] = render_environment(folder, display)
        except IntentError as error:
            problems.extend(error.problems)
    if problems:
        raise IntentError(tuple(problems))
    stale = False
    for name, tree in trees.items():
        folder = base / CLUSTERS / name
        changes = compare(folder, tree.files) if check else write(folder, tree.files)
        label = f"{CLUSTERS}/{name}"
        summary = f"{label}: {tree.object_count} objects in {len(tree.files)} files"
        if not changes:
            typer.echo(f"{summary}, up to date")
            continue
        stale = True
        verb = "would be " if check else ""
        typer.echo(
            f"{summary}; {verb}added {len(changes.added)}, {verb}changed {len(changes.changed)}, "
            f"{verb}removed {len(changes.removed)}"
        )
        if check:
            for mark, paths in (("+", changes.added), ("~", changes.changed), ("-", changes.removed)):
                for path in paths:
                    typer.echo(f"  {mark} {label}/{path}")
    if check and stale:
        typer.echo("The trees differ from their environment.yaml: run `nimfleet render` and commit.", err=True)
        raise typer.Exit(1)


def _display(path: Path) -> str:
    """The path as a user would type it: relative to the working directory where that is shorter."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.as_posix()
