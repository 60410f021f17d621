"""`nimfleet template`: where the copier template lies that came with this installation."""

from __future__ import annotations

import typer


def command() -> None:
    """Print where the packaged copier template lies.

    `copier copy --trust "$(nimfleet template)" my-gitops` works without a network. Only a repository copied from the project's
    git URL can be updated with `copier update` later.
    """
    from nimfleet.resources import template_root

    typer.echo(template_root().as_posix())
