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
    from nimfleet.cli.environments import render_all, repository_root
    from nimfleet.render.write import compare, refuse_to_lose, write
    from nimfleet.repository.environments import CLUSTERS

    base = repository_root(root)
    trees = render_all(base, environments or ())
    before = {name: compare(base / CLUSTERS / name, tree.files) for name, tree in trees.items()}
    if not check:
        for name, changes in before.items():
            refuse_to_lose(base / CLUSTERS / name, changes)
    stale = False
    for name, tree in trees.items():
        for note in tree.notes:
            typer.echo(f"note: {CLUSTERS}/{name}: {note}", err=True)
        changes = before[name] if check else write(base / CLUSTERS / name, tree.files)
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
