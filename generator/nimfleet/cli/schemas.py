"""``nimfleet schemas``: make JSON Schemas from CRDs, and list those that there are."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="schemas",
    help="Import CRDs as JSON Schemas, and list the stored ones.",
    no_args_is_help=True,
)


class ListFormat(StrEnum):
    """How ``list`` prints."""

    TEXT = "text"
    JSON = "json"


@app.command("import")
def import_(
    source: Annotated[
        str, typer.Argument(metavar="FILE|DIR|-", help="CRDs as YAML or JSON; `-` reads standard input.")
    ],
    *,
    release: Annotated[
        str,
        typer.Option(metavar="PROJECT@VERSION", help="Upstream release, for example k8s-nim-operator@3.1.2."),
    ] = "",
    url: Annotated[str, typer.Option("--source", metavar="URL", help="Where the release was published.")] = "",
    commit: Annotated[str, typer.Option(help="Commit of the release.")] = "",
    date: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Date of the release.")] = "",
    into: Annotated[Path, typer.Option(metavar="DIR", help="The store to write to.")] = Path("schemas"),
    allow_unchecked: Annotated[
        bool, typer.Option("--allow-unchecked", help="Take schemas with rules in CEL that nimfleet cannot evaluate.")
    ] = False,
) -> None:
    """Convert CRDs and add them to the schemas of this repository (the folder `schemas`).

    A folder with a SOURCES.json needs no --release: it names the release of each file. Nothing is written
    when any input is not a CRD, or has a rule in CEL that nimfleet cannot evaluate.
    """
    from nimfleet.errors import UsageError
    from nimfleet.schema.importer import Origin, import_crds, parse_release

    if (url or commit or date) and not release:
        raise UsageError("--source, --commit and --date describe a release; name it with --release PROJECT@VERSION")
    origin = Origin(*parse_release(release), url, commit, date) if release else None
    written = import_crds(source, into, origin, allow_unchecked=allow_unchecked)
    for item in written:
        rules = f", CEL rules: {item.cel_rules}" if item.cel_rules else ""
        unserved = "" if item.served else ", not served"
        typer.echo(f"{(into / item.path).as_posix()}: {item.kind} {item.api_version}{rules}{unserved}")
        for rule in item.unchecked:
            typer.echo(f"  not checked: `{rule.expression}` at {rule.where or 'the root'} ({rule.reason})", err=True)
    releases = sorted({item.release for item in written})
    typer.echo(f"Wrote {len(written)} schema{'s'[: len(written) != 1]} of {', '.join(releases)} to {into.as_posix()}.")


@app.command("list")
def list_(
    output: Annotated[ListFormat, typer.Option("--format", help="text or json.")] = ListFormat.TEXT,
    root: Annotated[Path, typer.Option(metavar="DIR", help="Repository whose `schemas` folder counts too.")] = Path(),
) -> None:
    """List the releases and kinds that custom resources are checked against."""
    import json

    from nimfleet.schema.store import Store

    releases = Store.open(overlay=root / "schemas").releases()
    if output is ListFormat.JSON:
        data = [
            {
                "project": release.project,
                "version": release.version,
                "source": release.source,
                "commit": release.commit,
                "date": release.date,
                "overlay": release.overlay,
                "kinds": [
                    {
                        "group": entry.group,
                        "version": entry.version,
                        "kind": entry.kind,
                        "scope": entry.scope,
                        "served": entry.served,
                        "celRules": entry.cel_rules,
                    }
                    for entry in release.entries
                ],
            }
            for release in releases
        ]
        typer.echo(json.dumps(data, indent=2))
        return
    for release in releases:
        origin = " (this repository)" if release.overlay else ""
        typer.echo(f"{release.name}{origin}  {release.date}  {release.source}".rstrip())
        for entry in release.entries:
            served = "" if entry.served else "  not served"
            typer.echo(f"  {entry.group}/{entry.version} {entry.kind}{served}")
