"""`nimfleet schedule`: where every pod can run, why not, and what the nodes cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nimfleet.cli.tables import Format, dollars, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nimfleet.cluster.model import Cluster
    from nimfleet.cluster.scheduling.model import NodeCount, Offer, Placement, PoolVerdict, Schedule

_SHOWN = 3
"""Instance types in a cell; the others are counted."""


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files, folders, environments or repositories; default: here."),
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="Text, or JSON with every pool and instance type.")
    ] = Format.TEXT,
    root: Annotated[
        Path | None,
        typer.Option("--root", help="The repository; nothing outside of it is read. Default: found from PATH."),
    ] = None,
) -> None:
    """Show where every pod can run, why not, and what the nodes cost.

    Exit code 1: a pod fits nowhere.
    """
    from nimfleet.cluster.scheduling.schedule import schedule
    from nimfleet.engine.clusters import load_clusters

    clusters = load_clusters(paths or ["."], root=root)
    plans = [(cluster, cluster.once(schedule)) for cluster in clusters]
    shown = [(cluster, plan) for cluster, plan in plans if plan.placements or len(plans) == 1]
    if format_ is Format.JSON:
        print_json({"version": 1, "clusters": [_document(cluster, plan) for cluster, plan in shown]})
    else:
        for index, (cluster, plan) in enumerate(shown):
            if index:
                typer.echo()
            _show(cluster, plan)
    if any(_is_nowhere(placement) for _, plan in shown for placement in plan.placements):
        raise typer.Exit(1)


def _show(cluster: Cluster, plan: Schedule) -> None:
    typer.secho(cluster.name or "Objects outside of environments", bold=True)
    typer.echo()
    if not plan.placements:
        typer.echo("No pods: nothing here makes any.")
        return
    header = ("POD", "KIND", "REPLICAS", "ASKS FOR", "POOL", "NODE", "USD/HOUR", "ALSO FITS ON")
    print_table(header, [_row(placement) for placement in plan.placements], right=("USD/HOUR",))
    for placement in plan.placements:
        _explain(placement)
    for pool, resources in plan.over_limit.items():
        for resource, (wanted, allowed) in resources.items():
            typer.echo()
            limit, need = _amount(resource, allowed), _amount(resource, wanted)
            if resource == "nodes":
                typer.echo(f"{_titled(cluster, pool)} has at most {limit} nodes; its pods may need {need}.")
            else:
                typer.echo(
                    f"{_titled(cluster, pool)} has a limit of {limit} {resource}; at most, the nodes for its pods have {need}."
                )
    _show_bill(cluster, plan)


def _row(placement: Placement) -> tuple[str, ...]:
    pods = placement.pods
    counts = pods.replicas
    replicas = f"{counts.minimum} to {counts.maximum}" if counts.minimum != counts.maximum else str(counts.maximum)
    start = (f"{pods.namespace}/{pods.name}", pods.owner.id.kind, replicas, _asks(placement))
    if placement.chosen is None:
        return (*start, "any" if placement.unknown else "none", "not known" if placement.unknown else "", "", "")
    verdict, offer = placement.chosen
    others = [other.instance.name for each in placement.verdicts for other in each.offers if other is not offer]
    unique = [name for name in dict.fromkeys(others) if name != offer.instance.name]
    more = f" and {len(unique) - _SHOWN} more" if len(unique) > _SHOWN else ""
    also = ", ".join(unique[:_SHOWN]) + more
    return (*start, verdict.pool, offer.instance.name, dollars(offer.instance.price_usd_hour), also)


def _asks(placement: Placement) -> str:
    requests = _requests(placement)
    return ", ".join(f"{amount} {resource.removeprefix('nvidia.com/')}" for resource, amount in requests.items())


def _requests(placement: Placement) -> dict[str, str]:
    """What a pod takes, devices first."""
    from nimfleet.cluster.scheduling.quantities import PODS, pod_requests, written

    found = pod_requests(placement.pods.spec)
    order = sorted((name for name in found if name != PODS), key=lambda name: ("/" not in name, name))
    return {name: written(name, found[name]) for name in order}


def _explain(placement: Placement) -> None:
    pods = placement.pods
    title = f"{pods.namespace}/{pods.name}"
    if _is_nowhere(placement):
        typer.echo()
        typer.echo(f"{title} fits nowhere:")
        if not placement.verdicts:
            typer.echo("  there is no NodePool here, and no node group in nimfleet.toml")
        for verdict in placement.verdicts:
            typer.echo(f"  {verdict.pool}: {_why(verdict)}")
    elif placement.by_admission:
        typer.echo()
        keys = " and ".join(placement.by_admission)
        typer.echo(f"{title} tolerates {keys} only if the cluster's admission adds the toleration.")


def _why(verdict: PoolVerdict) -> str:
    explanation = verdict.explain()
    texts = [constraint.text for constraint in explanation.conflict]
    why = texts[0] if len(texts) == 1 else f"{' and '.join(texts[:-1])}, but {texts[-1]}"
    return f"{why}; {explanation.fix}" if explanation.fix else why


def _show_bill(cluster: Cluster, plan: Schedule) -> None:
    bill = plan.bill
    typer.echo()
    if bill.models:
        rows = [(name, *map(dollars, costs)) for name, costs in sorted(bill.models.items())]
        header = ("USD AN HOUR", "AT LEAST", "AS USUAL", "AT MOST")
        print_table(header, rows, right=("AT LEAST", "AS USUAL", "AT MOST"))
        typer.echo()
    typer.echo(f"Nodes at least: {_nodes(bill.floor)}")
    if bill.steady != bill.floor:
        typer.echo(f"Nodes as usual: {_nodes(bill.steady)}")
    if bill.ceiling != bill.steady:
        typer.echo(f"Nodes at most:  {_nodes(bill.ceiling)}")
    region = cluster.plan.intent.cluster.region if cluster.plan else bill.region
    differ = "" if region == bill.region else f"; {region} may differ"
    for pool in _spot_only(plan):
        typer.echo(f"NodePool {pool} makes spot nodes only, which cost less: they are counted at the price on demand.")
    typer.echo(f"Prices: on demand, Linux, {bill.region}, of {bill.date}{differ}. Jobs are not counted.")
    left_out = [words for words, found in _left_out(plan) if found]
    if left_out:
        typer.echo(f"Not counted either: {', '.join(left_out)}.")


def _left_out(plan: Schedule) -> tuple[tuple[str, bool], ...]:
    """What else than jobs the sums leave out, and whether there is any."""
    from nimfleet.cluster.pods.model import Role

    lasting = [placement for placement in plan.placements if placement.pods.role is not Role.JOB]
    return (
        ("pods that fit nowhere", any(map(_is_nowhere, lasting))),
        ("pods whose nodes are not known", any(each.chosen is None and each.unknown for each in lasting)),
        (
            "nodes that are not Karpenter's",
            any(each.chosen is not None and each.chosen[0].object is None for each in lasting),
        ),
    )


def _titled(cluster: Cluster, pool: str) -> str:
    group = any(group.name == pool for group in cluster.node_groups)
    return f"Node group {pool}" if group else f"NodePool {pool}"


def _spot_only(plan: Schedule) -> list[str]:
    """NodePools of the bill that can only make spot nodes."""
    billed = {node.pool for node in plan.bill.ceiling}
    kinds: dict[str, set[str]] = {}
    for placement in plan.placements:
        for verdict in placement.verdicts:
            for offer in verdict.offers:
                kinds.setdefault(verdict.pool, set()).update(offer.capacity_types)
    return sorted(pool for pool, found in kinds.items() if pool in billed and found == {"spot"})


def _nodes(nodes: tuple[NodeCount, ...]) -> str:
    if not nodes:
        return "none"
    total = _total(nodes)
    price = "price unknown" if total is None else f"${dollars(total)} an hour"
    return f"{', '.join(f'{node.count} x {node.instance_type}' for node in nodes)}: {price}"


def _total(nodes: Iterable[NodeCount]) -> float | None:
    prices = [node.usd_hour for node in nodes]
    return None if None in prices else round(sum(price for price in prices if price is not None), 6)


def _is_nowhere(placement: Placement) -> bool:
    return placement.chosen is None and not placement.unknown and placement.pods.replicas.maximum > 0


def _amount(resource: str, value: float) -> str:
    from nimfleet.cluster.scheduling.quantities import CPU, written

    return written(resource, round(value * (1000 if resource == CPU else 1)))


def _document(cluster: Cluster, plan: Schedule) -> dict[str, Any]:
    bill = plan.bill
    levels = (("floor", bill.floor), ("steady", bill.steady), ("ceiling", bill.ceiling))
    return {
        "name": cluster.name,
        "complete": cluster.world.value == "complete",
        "pods": [_pods_document(placement) for placement in plan.placements],
        "overLimit": [
            {
                "pool": pool,
                "resource": resource,
                "wanted": _amount(resource, wanted),
                "limit": _amount(resource, allowed),
            }
            for pool, resources in plan.over_limit.items()
            for resource, (wanted, allowed) in resources.items()
        ],
        "cost": {
            **{name: {"usdPerHour": _total(nodes), "nodes": [_node(node) for node in nodes]} for name, nodes in levels},
            "models": {
                name: dict(zip(("floor", "steady", "ceiling"), costs, strict=True))
                for name, costs in sorted(bill.models.items())
            },
            "spotOnly": _spot_only(plan),
            "pricesRegion": bill.region,
            "pricesDate": bill.date,
        },
    }


def _node(node: NodeCount) -> dict[str, Any]:
    return {"pool": node.pool, "instanceType": node.instance_type, "count": node.count, "usdPerHour": node.usd_hour}


def _pods_document(placement: Placement) -> dict[str, Any]:
    pods = placement.pods
    chosen = placement.chosen
    return {
        "object": str(pods.owner.id),
        "name": pods.name,
        "namespace": pods.namespace,
        "role": str(pods.role),
        "replicas": {
            "min": pods.replicas.minimum,
            "steady": pods.replicas.steady,
            "max": pods.replicas.maximum,
        },
        "requests": _requests(placement),
        "fits": "unknown" if placement.unknown else chosen is not None,
        "chosen": None if chosen is None else _chosen(*chosen),
        "tolerationsByAdmission": list(placement.by_admission),
        "pools": [_pool(verdict) for verdict in placement.verdicts],
    }


def _chosen(verdict: PoolVerdict, offer: Offer) -> dict[str, Any]:
    return {"pool": verdict.pool, **_offer(offer), "instanceTypes": [each.instance.name for each in verdict.offers]}


def _pool(verdict: PoolVerdict) -> dict[str, Any]:
    explanation = verdict.explain()
    return {
        "name": verdict.pool,
        "fits": "unknown" if verdict.unknown else bool(verdict.offers),
        "instanceTypes": [_offer(offer) for offer in verdict.offers],
        "conflict": [{"kind": str(each.kind), "text": each.text} for each in explanation.conflict],
        "fix": explanation.fix,
    }


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "instanceType": offer.instance.name,
        "usdPerHour": offer.instance.price_usd_hour,
        "podsPerNode": offer.pods_a_node,
        "zones": list(offer.zones),
        "capacityTypes": list(offer.capacity_types),
    }
