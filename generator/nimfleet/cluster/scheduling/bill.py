"""What the nodes of a cluster cost, and which pools are too small for their pods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import InstanceType
from nimfleet.cluster.pods.model import PodSet, Replicas, Role
from nimfleet.cluster.scheduling.fit import Fit
from nimfleet.cluster.scheduling.model import Bill, NodeCount
from nimfleet.cluster.scheduling.nodes import ACCELERATORS
from nimfleet.cluster.scheduling.pack import Group, Node, Packed, pack
from nimfleet.cluster.scheduling.podview import PodView
from nimfleet.cluster.scheduling.pools import PoolView
from nimfleet.cluster.scheduling.quantities import CPU
from nimfleet.manifest.walk import get, items, mapping, sequence, text

_HOSTNAME = "kubernetes.io/hostname"
_NIM = "apps.nvidia.com"


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Pods that run on nodes of Karpenter. ``firm``: nowhere else."""

    pods: PodSet
    view: PodView
    pools: tuple[tuple[PoolView, Fit], ...]
    firm: bool


def bill(demands: Sequence[Demand]) -> Bill:
    """Nodes at the minimum, usual and maximum number of replicas; jobs are not counted."""
    served = [demand for demand in demands if demand.pods.role is not Role.JOB]
    levels = [_pack(served, count) for count in (_minimum, _steady, _maximum)]
    models: dict[str, tuple[float | None, float | None, float | None]] = {}
    for number, demand in enumerate(served):
        if demand.pods.owner.id.group == _NIM:
            floor, steady, ceiling = (_share(demand, _name(number), packed.nodes) for packed in levels)
            models[f"{demand.pods.namespace}/{demand.pods.name}"] = (floor, steady, ceiling)
    catalog = load_catalog()
    floor_, steady_, ceiling_ = (_counts(packed.nodes) for packed in levels)
    return Bill(floor_, steady_, ceiling_, models, catalog.prices_region, catalog.prices_date)


def over_limit(demands: Sequence[Demand]) -> Mapping[str, Mapping[str, tuple[float, float]]]:
    """By NodePool and resource, what the nodes for all pods at their maximum have, and the limit, where pods stay
    Pending because of it. CPUs are whole ones, memory is bytes."""
    firm = [demand for demand in demands if demand.pods.role is not Role.JOB and demand.firm]
    packed = _pack(firm, _maximum)
    if not packed.left:
        return {}
    late = [
        Group(_name(number), demand.view, packed.left[_name(number)], demand.pools, alone(demand.pods))
        for number, demand in enumerate(firm)
        if _name(number) in packed.left
    ]
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


def _steady(replicas: Replicas) -> int:
    return replicas.steady


def _maximum(replicas: Replicas) -> int:
    return replicas.maximum


def _name(number: int) -> str:
    return f"{number:06}"


def _pack(demands: Iterable[Demand], count: Callable[[Replicas], int]) -> Packed:
    return pack(
        Group(_name(number), demand.view, count(demand.pods.replicas), demand.pools, alone(demand.pods))
        for number, demand in enumerate(demands)
    )


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
    return round(total, 6)
