"""`nimfleet validate`: prove manifests, environments or a whole repository."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files, folders, environments or repositories; default: here."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Warnings, and stages that could not run, are failures too.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How to print the report.")] = Format.TEXT,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REF|DIR", help="What the cluster holds: judges changes against it, too."),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", help="The repository; nothing outside of it is read. Default: found from PATH."),
    ] = None,
    kubernetes_version: Annotated[
        str | None,
        typer.Option("--kubernetes-version", metavar="MINOR", help="For objects outside of environments, e.g. 1.34."),
    ] = None,
) -> None:
    """Validate Kubernetes YAML without a cluster and without network."""
    from nimfleet.engine import validate

    report = validate(paths or ["."], base, root=root, strict=strict, kubernetes_version=kubernetes_version)
    if format is Format.JSON:
        from nimfleet.report.json_report import render_json

        text = render_json(report)
    else:
        from nimfleet.report.text import render_text

        text = render_text(report, colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    typer.echo(text, nl=False, color=True)
    raise typer.Exit(report.exit_code)
