"""Nodes for pods: packed as Karpenter packs pods that wait at the same time.

The largest pods come first; each goes on a node that is planned already as long as some type still holds everything on it, else
on a new node of the first pool that can have one under its limits. In the end every node is of the cheapest type that is left.
Source: sigs.k8s.io/karpenter 1.14, pkg/controllers/provisioning/scheduling (scheduler.go, nodeclaim.go, queue.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from nimfleet.catalog.model import InstanceType
from nimfleet.cluster.scheduling.fit import Fit, measured
from nimfleet.cluster.scheduling.podview import PodView
from nimfleet.cluster.scheduling.pools import PoolView
from nimfleet.cluster.scheduling.quantities import CPU, MEMORY
from nimfleet.cluster.scheduling.requirement import Requirement
from nimfleet.cluster.scheduling.universe import members, types

_NODES = "nodes"


@dataclass(frozen=True, slots=True)
class Group:
    """``count`` pods of one shape and the pools that can hold them, in the order in which Karpenter tries them. ``alone``: two of
    them do not share a node."""

    name: str
    view: PodView
    count: int
    pools: tuple[tuple[PoolView, Fit], ...]
    alone: bool = False


@dataclass(slots=True, eq=False)
class Node:
    """``count`` planned nodes that are alike: the types (bits) that hold all of a node's pods, what these take, and how many of
    each group one node has."""

    pool: PoolView
    bits: int
    joint: dict[str, Requirement]
    taken: dict[str, int] = field(default_factory=dict)
    pods: dict[str, int] = field(default_factory=dict)
    count: int = 1

    @property
    def index(self) -> int:
        """Of the cheapest type."""
        return next(members(self.bits))

    @property
    def instance(self) -> InstanceType:
        """The cheapest type."""
        return types()[self.index]

    def copy(self, count: int) -> Node:
        """The same with another count."""
        return Node(self.pool, self.bits, dict(self.joint), dict(self.taken), dict(self.pods), count)


@dataclass(frozen=True, slots=True)
class Packed:
    """Not to be changed: equal clusters share it. ``nodes`` and, by group, how many pods got none because of limits."""

    nodes: tuple[Node, ...]
    left: Mapping[str, int]


@lru_cache(maxsize=1024)
def pack(groups: tuple[Group, ...], *, limited: bool = True) -> Packed:
    """Nodes for all pods. Without ``limited``, limits of pools do not count."""
    nodes: list[Node] = []
    left: dict[str, int] = {}
    order = sorted(groups, key=lambda g: (-g.view.requests.get(CPU, 0), -g.view.requests.get(MEMORY, 0), g.name))
    for group in order:
        waiting = group.count
        for node in tuple(nodes):
            if waiting and _has_room(node, group):
                waiting = _share(nodes, node, group, waiting, limited)
        while waiting:
            new = _new(nodes, group, waiting, limited)
            if new is None:
                left[group.name] = waiting
                break
            nodes.append(new)
            waiting -= new.count * new.pods[group.name]
    return Packed(tuple(nodes), left)


def _has_room(node: Node, group: Group) -> bool:
    """Whether one more pod may fit on such a node, as far as its types and what is taken say."""
    pool = node.pool
    bits = next((fit.bits for other, fit in group.pools if other is pool), 0) & node.bits
    for resource, wanted in group.view.requests.items():
        if bits and measured(resource, pool):
            bits &= pool.room(resource, node.taken.get(resource, 0) + wanted)
    return bool(bits)


def _share(nodes: list[Node], node: Node, group: Group, waiting: int, limited: bool) -> int:
    """Puts pods on nodes that are planned already; how many still wait then."""
    rest = remaining(nodes, node.pool) if limited and node.pool.limits else {}
    at = nodes.index(node)
    parts: list[Node] = []
    left = node.count
    while left and waiting:
        trial = node.copy(1)
        size = node.pool.sizes[node.index]
        for resource, more in rest.items():
            if resource != _NODES:
                trial.bits &= node.pool.under_limit(resource, size.get(resource, 0) + more)
        each = _add(trial, group, waiting)
        if not each:
            break
        grown = {
            resource: node.pool.sizes[trial.index].get(resource, 0) - size.get(resource, 0)
            for resource in rest
            if resource != _NODES
        }
        trial.count = min(
            left,
            max(1, waiting // each),
            *(rest[resource] // more for resource, more in grown.items() if more > 0),
        )
        for resource, more in grown.items():
            rest[resource] -= more * trial.count
        parts.append(trial)
        left -= trial.count
        waiting -= trial.count * each
    if parts:
        nodes[at : at + 1] = [*parts, *([node.copy(left)] if left else [])]
    return waiting


def _new(nodes: Sequence[Node], group: Group, waiting: int, limited: bool) -> Node | None:
    """As many new nodes as are alike; None where limits allow no more."""
    for pool, fit in group.pools:
        bits = fit.bits
        rest: dict[str, int] = {}
        if limited and pool.limits:
            rest = remaining(nodes, pool)
            if rest.get(_NODES, 1) < 1:
                continue
            for resource, limit in rest.items():
                if resource != _NODES:
                    bits &= pool.under_limit(resource, limit)
        node = Node(pool, bits, {})
        each = _add(node, group, waiting) if bits else 0
        if each:
            node.count = max(1, min(waiting // each, _affordable(node, rest)))
            return node
    return None


def _affordable(node: Node, rest: Mapping[str, int]) -> int:
    size = node.pool.sizes[node.index]
    takes = {resource: 1 if resource == _NODES else size.get(resource, 0) for resource in rest}
    return min((rest[resource] // taken for resource, taken in takes.items() if taken), default=2**31)


def remaining(nodes: Iterable[Node], pool: PoolView) -> dict[str, int]:
    """What the limits of ``pool`` leave beside ``nodes``."""
    rest = dict(pool.limits)
    for node in nodes:
        if node.pool is pool:
            size = pool.sizes[node.index]
            for resource in rest:
                rest[resource] -= node.count * (1 if resource == _NODES else size.get(resource, 0))
    return rest


def _add(node: Node, group: Group, waiting: int) -> int:
    """Puts as many pods as fit on one node, and says how many."""
    fit = next((fit for pool, fit in group.pools if pool is node.pool), None)
    if fit is None or (group.alone and group.name in node.pods):
        return 0
    joint = dict(node.joint)
    for key, wish in (fit.joint or {}).items():
        merged = joint[key] & wish if key in joint else wish
        if not merged.possible:
            return 0
        joint[key] = merged
    rooms = {index: _room(node, group, index) for index in members(node.bits & fit.bits)}
    most = min(waiting, max(rooms.values(), default=0), 1 if group.alone else waiting)
    if most < 1:
        return 0
    node.bits = sum(1 << index for index, room in rooms.items() if room >= most)
    node.joint = joint
    node.pods[group.name] = node.pods.get(group.name, 0) + most
    for resource, wanted in group.view.requests.items():
        node.taken[resource] = node.taken.get(resource, 0) + most * wanted
    return most


def _room(node: Node, group: Group, index: int) -> int:
    free = node.pool.free[index]
    return min(
        (
            (free[resource] - node.taken.get(resource, 0)) // wanted
            for resource, wanted in group.view.requests.items()
            if resource in free
        ),
        default=0,
    )
