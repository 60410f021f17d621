"""Nodes and money: replicas packed onto nodes.

Only GPUs are packed: requests for CPU and memory are checked against the instance type (``plan/model.py``), and are a
small share of a node by default. Node selectors on the number of GPUs make Karpenter buy these nodes and no larger ones;
what it buys of instance types with the same number of GPUs may still be another one when the cheapest is not to be had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nimfleet.catalog.model import Catalog, InstanceType
from nimfleet.plan.types import Cost, ModelPlan, Nodes


@dataclass(slots=True)
class _Nodes:
    """``count`` nodes of one type, each with ``free`` GPUs."""

    instance: InstanceType
    count: int
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


def gpus_of_nodes(models: Iterable[ModelPlan], spare: int) -> int:
    """GPUs of all the nodes that hold ``models`` at their maximum, with ``spare`` more of the largest node."""
    planned = tuple(models)
    bins = _pack(planned, {model.name: model.max_replicas for model in planned})
    return sum(b.instance.gpu_count * b.count for b in bins) + spare * max(
        (b.instance.gpu_count for b in bins), default=0
    )


def _nodes(models: tuple[ModelPlan, ...], replicas: Mapping[str, int]) -> tuple[Nodes, ...]:
    nodes = []
    for pool in sorted({model.pool.name for model in models}):
        counts: dict[str, int] = {}
        instances: dict[str, InstanceType] = {}
        for b in _pack(tuple(model for model in models if model.pool.name == pool), replicas):
            instances[b.instance.name] = b.instance
            counts[b.instance.name] = counts.get(b.instance.name, 0) + b.count
        for name, count in sorted(counts.items()):
            price = instances[name].price_usd_hour
            nodes.append(Nodes(pool, name, count, None if price is None else round(price * count, 6)))
    return tuple(nodes)


def _pack(models: tuple[ModelPlan, ...], replicas: Mapping[str, int]) -> list[_Nodes]:
    """First fit by GPUs, largest replica first, each on the cheapest instance type that can run it."""
    bins: list[_Nodes] = []
    for model in sorted(models, key=lambda m: (-m.gpus, m.name)):
        left = replicas[model.name]
        usable = {instance.name for instance in model.instance_types}
        for b in [b for b in bins if b.instance.name in usable and b.free >= model.gpus]:
            each = b.free // model.gpus
            used = min(b.count, -(-left // each))
            if not used:
                break
            # The nodes that are used now have less free than their like.
            b.count -= used
            taken = min(left, used * each)
            last = taken - (used - 1) * each
            bins.append(_Nodes(b.instance, used - 1, b.free - each * model.gpus))
            bins.append(_Nodes(b.instance, 1, b.free - last * model.gpus))
            left -= taken
        if left:
            instance = model.instance_types[0]
            each = instance.gpu_count // model.gpus
            full, rest = divmod(left, each)
            bins.append(_Nodes(instance, full, instance.gpu_count - each * model.gpus))
            bins.append(_Nodes(instance, 1 if rest else 0, instance.gpu_count - rest * model.gpus))
        bins = [b for b in bins if b.count]
    return bins
