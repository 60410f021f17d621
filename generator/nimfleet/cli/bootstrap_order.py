"""`nimfleet bootstrap-order`: the order in which Flux brings an empty cluster up, or what deadlocks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nimfleet.cli.tables import Format, print_json

if TYPE_CHECKING:
    from nimfleet.cluster.flux.events import Bootstrap, Event, Link
    from nimfleet.cluster.model import Cluster


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...", help="Environments, folders with a Flux entry, or repositories; default: here."
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.TEXT,
    root: Annotated[
        Path | None,
        typer.Option("--root", help="The repository; nothing outside of it is read. Default: found from PATH."),
    ] = None,
) -> None:
    """Show the order in which Flux brings an empty cluster up."""
    from nimfleet.cluster.flux.bootstrap import bootstrap_of
    from nimfleet.engine.clusters import load_clusters
    from nimfleet.errors import UsageError

    given = paths or [Path()]
    clusters = [cluster for cluster in load_clusters(given, root=root) if cluster.units]
    if not clusters:
        names = ", ".join(str(path) for path in given)
        raise UsageError(f"no Flux Kustomization in {names}, so that Flux brings up nothing of it")
    results = [(cluster, bootstrap_of(cluster)) for cluster in clusters]
    if format_ is Format.JSON:
        print_json({"version": 1, "clusters": [_document(cluster, result) for cluster, result in results]})
    else:
        for index, (cluster, result) in enumerate(results):
            if index:
                typer.echo()
            _show(cluster, result)
    raise typer.Exit(1 if any(result.blocked for _, result in results) else 0)


def _show(cluster: Cluster, bootstrap: Bootstrap) -> None:
    from nimfleet.cluster.flux.events import Why
    from nimfleet.cluster.flux.story import chapters

    typer.secho(f"{cluster.name or '.'}: {_count(len(cluster.units), 'Kustomization')}", bold=True)
    for chapter in chapters(bootstrap):
        typer.echo()
        for index, (event, reasons) in enumerate(chapter.events):
            number = "" if index else f"{chapter.number}."
            after = f": after {'; '.join(reasons)}" if reasons else ""
            typer.echo(f"{number:>4} {_name(event)}{after}")
    if bootstrap.blocked:
        typer.echo()
        count = _count(len({event.object for event in bootstrap.blocked}), "object")
        typer.secho(f"Deadlock: {count} never become{'s' if count.startswith('1 ') else ''} ready.", bold=True)
        for deadlock in bootstrap.deadlocks:
            typer.echo()
            for link in deadlock.links:
                if link.need.why is not Why.PARTS:
                    typer.echo(f"  {_where(link)}: {link.event.object.id} waits for {link.need.words}")


def _name(event: Event) -> str:
    return f"{event.object.id} {event.what}"


def _where(link: Link) -> str:
    place = link.need.object.place(link.need.pointer)
    return f"{place.file}:{place.line}:{place.column}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _document(cluster: Cluster, bootstrap: Bootstrap) -> dict[str, Any]:
    return {
        "name": cluster.name,
        "steps": [
            {"step": step.number, "events": [_event(event, bootstrap) for event in step.events]}
            for step in bootstrap.steps
        ],
        "blocked": [_event(event, bootstrap) for event in bootstrap.blocked],
        "deadlocks": [
            {
                "holdsUp": deadlock.held,
                "circle": [
                    {
                        **_reference(link.event),
                        "waitsFor": link.need.words,
                        "because": str(link.need.why),
                        "place": _where(link),
                    }
                    for link in deadlock.links
                ],
            }
            for deadlock in bootstrap.deadlocks
        ],
    }


def _event(event: Event, bootstrap: Bootstrap) -> dict[str, Any]:
    """``needs`` are the conditions that must all be met, each by one event of ``anyOf``."""
    needs = [
        {"anyOf": [_reference(other) for other in need.events], "because": str(need.why), "words": need.words}
        for need in bootstrap.needs[event]
    ]
    return {**_reference(event), "needs": needs}


def _reference(event: Event) -> dict[str, str]:
    identity = event.object.id
    return {
        "apiVersion": identity.api_version,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
        "event": str(event.what),
    }
