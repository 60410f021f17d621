"""Nodes and money: replicas packed onto nodes the way Karpenter would buy them one model at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nimfleet.catalog.model import Catalog, InstanceType
from nimfleet.plan.types import Cost, ModelPlan, Nodes


@dataclass(slots=True)
class _Node:
    instance: InstanceType
    free: int


def cost(models: Iterable[ModelPlan], catalog: Catalog) -> Cost:
    """What the models cost at their minimum and maximum number of replicas."""
    planned = tuple(models)
    return Cost(
        floor=_nodes(planned, {model.name: model.replicas for model in planned}),
        ceiling=_nodes(planned, {model.name: model.max_replicas for model in planned}),
        region=catalog.prices_region,
        date=catalog.prices_date,
    )


def gpus_of_nodes(models: Iterable[ModelPlan]) -> int:
    """GPUs of all the nodes that hold ``models`` at their maximum, with one node more for replacing another."""
    packed = _pack(tuple(models), None)
    if not packed:
        return 0
    return sum(node.instance.gpu_count for node in packed) + max(node.instance.gpu_count for node in packed)


def _nodes(models: tuple[ModelPlan, ...], replicas: Mapping[str, int]) -> tuple[Nodes, ...]:
    counts: dict[tuple[str, str], list[InstanceType]] = {}
    for pool in sorted({model.pool.name for model in models}):
        for node in _pack(tuple(model for model in models if model.pool.name == pool), replicas):
            counts.setdefault((pool, node.instance.name), []).append(node.instance)
    nodes = []
    for (pool, name), instances in sorted(counts.items()):
        price = instances[0].price_usd_hour
        nodes.append(Nodes(pool, name, len(instances), None if price is None else round(price * len(instances), 6)))
    return tuple(nodes)


def _pack(models: tuple[ModelPlan, ...], replicas: Mapping[str, int] | None) -> list[_Node]:
    """First fit, largest replica first, each on the cheapest instance type that can run it."""
    nodes: list[_Node] = []
    for model in sorted(models, key=lambda m: (-m.gpus, m.name)):
        wanted = model.max_replicas if replicas is None else replicas[model.name]
        usable = {instance.name for instance in model.instance_types}
        for _ in range(wanted):
            node = next((n for n in nodes if n.free >= model.gpus and n.instance.name in usable), None)
            if node is None:
                node = _Node(model.instance_types[0], model.instance_types[0].gpu_count)
                nodes.append(node)
            node.free -= model.gpus
    return nodes
