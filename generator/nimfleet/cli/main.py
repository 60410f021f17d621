"""The command `nimfleet`: its verbs, and what every verb does with an error."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from nimfleet.cli import (
    bootstrap_order,
    instances,
    models,
    plan,
    render,
    rules,
    schedule,
    schemas,
    show,
    template,
    validate,
)
from nimfleet.errors import IntentError, NimfleetError
from nimfleet.version import __version__

USAGE, INTERNAL = 2, 3

app = typer.Typer(
    help="Render and prove GitOps repositories that run NVIDIA NIM on Amazon EKS.\n\n"
    "Exit codes: 0 clean, 1 findings, 2 bad usage or unreadable input, 3 internal error.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("render")(render.command)
app.command("validate")(validate.command)
app.command("show")(show.command)
app.command("plan")(plan.command)
app.command("schedule")(schedule.command)
app.command("bootstrap-order")(bootstrap_order.command)
app.command("models")(models.command)
app.command("instances")(instances.command)
app.command("rules")(rules.rules_command)
app.command("explain")(rules.explain_command)
app.command("template")(template.command)
app.add_typer(schemas.app, name="schemas")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nimfleet {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; no traceback reaches the user."""
    try:
        app()
    except IntentError as error:
        from nimfleet.cli.problems import show

        show(error.problems)
        sys.exit(USAGE)
    except NimfleetError as error:
        typer.echo(f"nimfleet: {error}", err=True)
        sys.exit(USAGE)
    except BrokenPipeError:
        # The reader (head, less) has gone; Python must not complain about it while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the last line of defence
        if os.environ.get("NIMFLEET_TRACEBACK"):
            raise
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f" ({Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno})" if frame else ""
        typer.echo(
            f"nimfleet: internal error: {type(error).__name__}: {error}{where}\n"
            "This is a defect of nimfleet, not of your files. Set NIMFLEET_TRACEBACK=1 to see where, and please report it.",
            err=True,
        )
        sys.exit(INTERNAL)
