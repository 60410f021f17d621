"""`nimfleet show`: what environments will run, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nimfleet.cli.tables import Format, dollars, print_json, print_table

if TYPE_CHECKING:
    from nimfleet.plan.types import EnvironmentPlan, ModelPlan, Nodes


def command(
    environments: Annotated[
        list[str] | None, typer.Argument(metavar="[ENV]...", help="Environments; all when none is named.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.TEXT,
    root: Annotated[
        Path | None, typer.Option("--root", help="The repository; default: the nearest folder upward with clusters/.")
    ] = None,
) -> None:
    """Show what environments run, and what it costs."""
    from nimfleet.cli.environments import load_plans

    plans = load_plans(root, environments or ())
    if format_ is Format.JSON:
        print_json({"version": 1, "environments": [_document(plan) for plan in plans.values()]})
        return
    for index, plan in enumerate(plans.values()):
        if index:
            typer.echo()
        _show(plan)


def _show(plan: EnvironmentPlan) -> None:
    cluster = plan.intent.cluster
    typer.secho(f"{plan.intent.name}: cluster {cluster.name} in {cluster.region}", bold=True)
    typer.echo()
    if plan.models:
        rows = [
            (
                model.name,
                f"{model.model.id}:{model.tag}",
                model.profile,
                _replicas(model),
                f"{model.gpus} x {model.gpu}",
                model.instance_types[0].name,
                model.cache.size,
                f"{round(model.startup.total / 60)} min",
            )
            for model in plan.models
        ]
        print_table(("NAME", "MODEL", "PROFILE", "REPLICAS", "GPUS EACH", "NODE", "CACHE", "READY WITHIN"), rows)
    else:
        typer.echo("No models yet: add one under `models:` (`nimfleet models` lists them).")
    for model in plan.models:
        for note in model.notes:
            typer.echo(f"Note: {model.name}: {note}.")
    typer.echo()
    cost = plan.cost
    typer.echo(f"Nodes at least: {_nodes(cost.floor)}")
    if cost.ceiling != cost.floor:
        typer.echo(f"Nodes at most:  {_nodes(cost.ceiling)}")
    if cluster.region == cost.region:
        typer.echo(f"Prices: on demand, Linux, {cost.region}, of {cost.date}.")
    else:
        typer.echo(f"Prices: on demand, Linux, {cost.region}, of {cost.date}; {cluster.region} may differ.")


def _replicas(model: ModelPlan) -> str:
    return str(model.replicas) if model.scaling is None else f"{model.replicas} to {model.max_replicas}"


def _nodes(nodes: tuple[Nodes, ...]) -> str:
    from nimfleet.plan.types import Cost

    if not nodes:
        return "none"
    total = Cost.total(nodes)
    price = "price unknown" if total is None else f"${dollars(total)} an hour"
    return f"{', '.join(f'{node.count} x {node.instance_type}' for node in nodes)}: {price}"


def _document(plan: EnvironmentPlan) -> dict[str, Any]:
    from nimfleet.plan.types import Cost

    def nodes(chosen: tuple[Nodes, ...]) -> dict[str, Any]:
        return {
            "usdPerHour": Cost.total(chosen),
            "nodes": [
                {"pool": n.pool, "instanceType": n.instance_type, "count": n.count, "usdPerHour": n.usd_hour}
                for n in chosen
            ],
        }

    return {
        "name": plan.intent.name,
        "cluster": plan.intent.cluster.name,
        "region": plan.intent.cluster.region,
        "models": [
            {
                "name": model.name,
                "model": model.model.id,
                "image": f"{model.image}:{model.tag}",
                "profile": model.profile,
                "pool": model.pool.name,
                "gpu": model.gpu,
                "gpusPerReplica": model.gpus,
                "replicas": {"min": model.replicas, "max": model.max_replicas},
                "instanceTypes": [instance.name for instance in model.instance_types],
                "cache": {"size": model.cache.size, "storageClass": model.cache.storage_class},
                "readyWithinSeconds": model.startup.total,
                "notes": list(model.notes),
            }
            for model in plan.models
        ],
        "cost": {
            "floor": nodes(plan.cost.floor),
            "ceiling": nodes(plan.cost.ceiling),
            "pricesRegion": plan.cost.region,
            "pricesDate": plan.cost.date,
        },
    }
