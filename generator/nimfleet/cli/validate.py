"""`nimfleet validate`: prove manifests, environments or a whole repository."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from nimfleet.report.formats import Format


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files, folders, environments or repositories; default: here."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Warnings, and stages that could not run, are failures too.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How to print the report.")] = Format.TEXT,
    output: Annotated[
        list[str] | None,
        typer.Option("--output", metavar="FORMAT=FILE", help="Write the report to a file, too; can be repeated."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print findings only, as text.")] = False,
    base: Annotated[
        str,
        typer.Option(
            "--base",
            metavar="REF|DIR|none",
            help="What the cluster holds, to judge changes against. auto: where this checkout left the branch that Flux syncs.",
        ),
    ] = "auto",
    root: Annotated[
        Path | None,
        typer.Option("--root", help="The repository; nothing outside of it is read. Default: found from PATH."),
    ] = None,
    kubernetes_version: Annotated[
        str | None,
        typer.Option("--kubernetes-version", metavar="MINOR", help="For objects outside of environments, e.g. 1.34."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="PROFILE",
            help="minimal, standard or production; default: what environments and nimfleet.toml say, else standard.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="STAGE,...", help="Run these stages and no others, e.g. parse,schema."),
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="STAGE,...", help="Leave these stages out, e.g. style.")
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep what earlier runs found out (.nimfleet-cache/).")
    ] = False,
) -> None:
    """Validate Kubernetes YAML without a cluster and without network."""
    from nimfleet.engine import validate
    from nimfleet.errors import UsageError
    from nimfleet.report.formats import render
    from nimfleet.report.save import check_target, save
    from nimfleet.rules.docs import rule_infos

    if quiet and format is not Format.TEXT:
        raise UsageError("--quiet is for --format text")
    targets = [_target(item) for item in output or ()]
    for _, path in targets:
        check_target(path)
    report = validate(
        paths or ["."],
        None if base == "none" else base,
        root=root,
        strict=strict,
        kubernetes_version=kubernetes_version,
        only=_split(only) if only else None,
        skip=_split(skip or []),
        cache=not no_cache,
        policy=policy,
    )
    rules = rule_infos()
    for kind, path in targets:
        save(path, render(kind, report, rules))
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    typer.echo(render(format, report, rules, colour=colour, quiet=quiet), nl=False, color=True)
    raise typer.Exit(report.exit_code)


def _target(item: str) -> tuple[Format, Path]:
    """``sarif=report.sarif`` taken apart."""
    from nimfleet.errors import UsageError
    from nimfleet.suggest import did_you_mean

    name, equals, path = item.partition("=")
    known = [str(kind) for kind in Format]
    if not equals or not path:
        raise UsageError(f"--output {item}: write FORMAT=FILE, such as sarif=report.sarif")
    if name not in known:
        raise UsageError(
            f"--output {item}: there is no format '{name}'.{did_you_mean(name, known)} It is one of {', '.join(known)}"
        )
    return Format(name), Path(path)


def _split(values: list[str]) -> list[str]:
    """The names in options that may be given several times and hold several names."""
    return [name.strip() for value in values for name in value.split(",") if name.strip()]
