"""What the nodes of a cluster cost, and which pools are too small for their pods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count as numbers

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import InstanceType
from nimfleet.cluster.nim import NIM
from nimfleet.cluster.pods.model import PodSet, Replicas, Role
from nimfleet.cluster.scheduling.fit import Fit
from nimfleet.cluster.scheduling.model import Bill, NodeCount
from nimfleet.cluster.scheduling.nodes import ACCELERATORS
from nimfleet.cluster.scheduling.pack import Group, Node, pack
from nimfleet.cluster.scheduling.podview import PodView
from nimfleet.cluster.scheduling.pools import PoolView
from nimfleet.cluster.scheduling.quantities import CPU
from nimfleet.manifest.walk import get, items, mapping, sequence, text

_HOSTNAME = "kubernetes.io/hostname"


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Pods and the pools that can hold them: ``pools`` of Karpenter, ``groups`` declared ones, each in the order in which
    they are tried. ``firm``: they run nowhere else."""

    pods: PodSet
    view: PodView
    pools: tuple[tuple[PoolView, Fit], ...]
    groups: tuple[tuple[PoolView, Fit], ...]
    firm: bool


Count = Callable[[Replicas], int]
Over = Mapping[str, Mapping[str, tuple[float, float]]]
"""By pool and resource, what nodes have, and the limit."""


def bill(demands: Sequence[Demand]) -> Bill:
    """Nodes of Karpenter at the minimum, usual and maximum number of replicas; jobs are not counted."""
    crews = _crews(demand for demand in demands if demand.pods.role is not Role.JOB and demand.pools)
    levels = [(count, pack(_groups(crews, count))) for count in (_minimum, steady, maximum)]
    models: dict[str, tuple[float | None, float | None, float | None]] = {}
    for name, crew in crews.items():
        shares = [(count, _share(crew[0], name, packed.nodes), _size(crew, count)) for count, packed in levels]
        for demand in crew:
            if demand.pods.owner.id.group == NIM:
                floor, usual, ceiling = (
                    _part(count(demand.pods.replicas), share, size) for count, share, size in shares
                )
                models[f"{demand.pods.namespace}/{demand.pods.name}"] = (floor, usual, ceiling)
    catalog = load_catalog()
    floor_, steady_, ceiling_ = (_counts(packed.nodes) for _, packed in levels)
    return Bill(floor_, steady_, ceiling_, models, catalog.prices_region, catalog.prices_date)


def over_limit(demands: Sequence[Demand], count: Count) -> Over:
    """By pool and resource, what the nodes for all pods have, ``count`` of each, and the limit, where pods stay
    Pending because of it. CPUs are whole ones, memory is bytes."""
    crews = _crews(demand for demand in demands if demand.pods.role is not Role.JOB and demand.firm)
    groups = _groups(crews, count)
    packed = pack(groups)
    if not packed.left:
        return {}
    late = tuple(replace(group, count=packed.left[group.name]) for group in groups if group.name in packed.left)
    nodes = (*packed.nodes, *pack(late, limited=False).nodes)
    short = {group.pools[0][0].name for group in late}
    found: dict[str, dict[str, tuple[float, float]]] = {}
    pools = {node.pool.name: node.pool for node in nodes}
    for name in sorted(short & set(pools)):
        pool = pools[name]
        for resource, limit in sorted(pool.limits.items()):
            own = [node for node in nodes if node.pool is pool]
            want = sum(
                node.count * (1 if resource == "nodes" else pool.sizes[node.index].get(resource, 0)) for node in own
            )
            if want > limit:
                unit = 1000 if resource == CPU else 1
                found.setdefault(name, {})[resource] = (want / unit, limit / unit)
    return found


def alone(pods: PodSet) -> bool:
    """Whether two of these pods never share a node: required anti-affinity among them by host, or a port of the host."""
    if any(
        get(port, "hostPort")
        for part in ("containers", "initContainers")
        for _, container in items(pods.spec, part)
        for port in sequence(container.get("ports"))
    ):
        return True
    return any(key == _HOSTNAME for key in apart(pods))


def apart(pods: PodSet) -> tuple[str, ...]:
    """Topology keys by which these pods keep away from each other: at most one in each domain."""
    terms = get(pods.spec, "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return tuple(
        text(term.get("topologyKey"))
        for term in sequence(terms)
        if isinstance(term, Mapping) and selects(term.get("labelSelector"), pods.labels)
    )


def selects(selector: object, labels: Mapping[str, str]) -> bool:
    """Whether a label selector takes pods with ``labels``; one that is not there takes none."""
    if not isinstance(selector, Mapping):
        return False
    if any(labels.get(str(key)) != value for key, value in mapping(selector.get("matchLabels")).items()):
        return False
    return all(_matches(expression, labels) for expression in sequence(selector.get("matchExpressions")))


def _matches(expression: object, labels: Mapping[str, str]) -> bool:
    key, values = text(get(expression, "key")), sequence(get(expression, "values"))
    match get(expression, "operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False


def _minimum(replicas: Replicas) -> int:
    return replicas.minimum


def steady(replicas: Replicas) -> int:
    """How many there usually are."""
    return replicas.steady


def maximum(replicas: Replicas) -> int:
    """How many there are at most."""
    return replicas.maximum


def _crews(demands: Iterable[Demand]) -> Mapping[str, Sequence[Demand]]:
    """Demands that are alike, by a name: pods of one shape for the same pools are one group, unless they keep apart."""
    found: dict[object, list[Demand]] = {}
    single = numbers()
    for demand in demands:
        apart_ = next(single) if alone(demand.pods) else None
        found.setdefault((demand.view, demand.pools, demand.groups, apart_), []).append(demand)
    return {f"{number:06}": crew for number, crew in enumerate(found.values())}


def _groups(crews: Mapping[str, Sequence[Demand]], count: Count) -> tuple[Group, ...]:
    return tuple(
        Group(name, first.view, _size(crew, count), (*first.pools, *first.groups), alone(first.pods))
        for name, crew in crews.items()
        for first in crew[:1]
    )


def _size(crew: Iterable[Demand], count: Count) -> int:
    return sum(count(demand.pods.replicas) for demand in crew)


def _part(pods: int, share: float | None, size: int) -> float | None:
    return None if share is None else round(share * pods / size, 6) if size else 0.0


def _counts(nodes: Iterable[Node]) -> tuple[NodeCount, ...]:
    counts: dict[tuple[str, str], tuple[int, InstanceType]] = {}
    for node in nodes:
        key = (node.pool.name, node.instance.name)
        counts[key] = (node.count + (counts[key][0] if key in counts else 0), node.instance)
    return tuple(
        NodeCount(
            pool,
            name,
            count,
            None if instance.price_usd_hour is None else round(count * instance.price_usd_hour, 6),
        )
        for (pool, name), (count, instance) in sorted(counts.items())
    )


def _share(demand: Demand, name: str, nodes: Iterable[Node]) -> float | None:
    """USD an hour for the accelerators that the pods take; 0 for pods that take none."""
    total = 0.0
    resource = next((each for each in ACCELERATORS if demand.view.requests.get(each)), None)
    if resource is None:
        return total
    for node in nodes:
        if name in node.pods:
            price, devices = node.instance.price_usd_hour, node.pool.sizes[node.index].get(resource, 0)
            if price is None:
                return None
            total += price * node.count * node.pods[name] * demand.view.requests[resource] / devices
    return total
