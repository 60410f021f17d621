"""Pools of nodes as the proof sees them: NodePools with their EC2NodeClass, and declared node groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nimfleet.catalog.model import InstanceType
from nimfleet.cluster.scheduling.atoms import Atom, Side, choices
from nimfleet.cluster.scheduling.labels import (
    ARCH,
    CAPACITY_TYPE,
    CAPACITY_TYPES,
    HOSTNAME,
    INSTANCE_LABELS,
    INSTANCE_TYPE,
    NODE_CLASS,
    NODEPOOL,
    OS,
    REGION,
    WELL_KNOWN,
    ZONE,
    ZONE_ID,
    normal,
)
from nimfleet.cluster.scheduling.model import ConstraintKind
from nimfleet.cluster.scheduling.nodes import NodeSettings, allocatable, capacity
from nimfleet.cluster.scheduling.podview import PodView
from nimfleet.cluster.scheduling.quantities import amount
from nimfleet.cluster.scheduling.requirement import (
    DOES_NOT_EXIST,
    EXISTS,
    Requirement,
    from_labels,
    is_open,
    one_of,
    read,
)
from nimfleet.cluster.scheduling.taints import KEEPS_AWAY, read_taint, tolerated
from nimfleet.cluster.scheduling.universe import bit_of, everything, labelled, members, types
from nimfleet.config.model import NodeGroup, Taint
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, items, mapping, sequence, text

_GROUP_LABELS = frozenset({ARCH, INSTANCE_TYPE})
_OF_TYPES = INSTANCE_LABELS | {CAPACITY_TYPE}
_EVERY_NODE = frozenset({ZONE, REGION, HOSTNAME})
_OF_EKS = "eks.amazonaws.com/"


@dataclass(frozen=True, slots=True, eq=False)
class PoolView:
    """A pool, ready to be asked.

    ``atoms`` are its own constraints (labels, requirements, limits, minValues), ``taints`` those that keep pods away, each
    with where it is written, ``soft`` those that rather do. ``judged`` are the labels that instance types decide.
    ``candidates`` are the types that there can be at all; with ``open`` there may be others that the catalog does not know.
    ``free`` has, by index of the type, what daemons leave of a node, ``sizes`` what the node counts against limits, where
    ``measured`` says that resources are known at all.
    """

    name: str
    title: str
    weight: int
    karpenter: bool
    atoms: tuple[Atom, ...]
    taints: tuple[tuple[Taint, Pointer], ...]
    soft: tuple[Taint, ...]
    judged: frozenset[str]
    candidates: int
    open: bool
    settings: NodeSettings | None
    limits: Mapping[str, int]
    overlaid: frozenset[str]
    """Resources that a NodeOverlay gives nodes: how many is not looked at."""
    free: tuple[Mapping[str, int], ...]
    sizes: tuple[Mapping[str, int], ...]
    daemons: tuple[Mapping[str, int], ...]
    joint: Mapping[str, Requirement] = field(default_factory=dict)
    usable: int = 0
    """The types that the pool's own atoms leave."""
    _rooms: dict[tuple[str, int], int] = field(default_factory=dict)
    """Answers of ``room`` by amount, and of ``under_limit`` by what comes before the negative limit."""

    def base(self, key: str) -> Atom | None:
        """What holds for a label that the pool does not mention; None for one that may have any value or none."""
        if key in self.judged:
            return None
        fact = _always(key, self.karpenter, self.settings, self.title)
        if fact is not None:
            return fact
        if self.karpenter and (key in WELL_KNOWN or (self.settings is None and key.startswith(_OF_EKS))):
            return None
        if key == ZONE_ID or (not self.karpenter and key.startswith(_OF_EKS)):
            return None
        where: Pointer = ("spec", "template")
        return Atom(
            ConstraintKind.LABEL,
            f"{self.title} gives its nodes no label {key}",
            Side.POOL,
            where,
            key=key,
            requirement=DOES_NOT_EXIST,
        )

    def merged(
        self, atoms: Iterable[Atom], choice: Iterable[tuple[str, Requirement]]
    ) -> tuple[dict[str, Requirement], int] | None:
        """What the labels of nodes must be for a pod with these wishes, and the types (bits) that its own wishes leave; None
        where there is no such node."""
        joint = dict(self.joint)
        bits = self.candidates
        wishes = [(atom.key, atom.requirement) for atom in atoms if atom.requirement is not None]
        for key, wish in (*wishes, *choice):
            before = joint.get(key)
            if before is None:
                base = self.base(key)
                before = base.requirement if base is not None else None
            both = wish if before is None else before & wish
            if not both.possible:
                return None
            joint[key] = both
            if key in self.judged:
                bits &= labelled(key, wish)
        return joint, bits

    def room(self, resource: str, wanted: int) -> int:
        """The types on which ``wanted`` of ``resource`` is free."""
        found = self._rooms.get((resource, wanted))
        if found is None:
            found = 0
            for index, free in enumerate(self.free):
                if free.get(resource, 0) >= wanted:
                    found |= 1 << index
            self._rooms[resource, wanted] = found
        return found

    def under_limit(self, resource: str, limit: int) -> int:
        """The types that a limit does not forbid."""
        found = self._rooms.get((resource, -limit - 1))
        if found is None:
            found = sum(1 << index for index, size in enumerate(self.sizes) if size.get(resource, 0) <= limit)
            self._rooms[resource, -limit - 1] = found
        return found


@lru_cache(maxsize=2048)
def _node_pool(key: str, make: _Ingredients) -> PoolView:
    del key
    return make.build()


@dataclass(frozen=True, slots=True)
class _Ingredients:
    """What a PoolView is made of; all of them compare equal, since the key of the cache says what they hold."""

    name: str = field(compare=False)
    value: Any = field(compare=False)
    settings: NodeSettings | None = field(compare=False)
    daemons: tuple[PodView, ...] = field(compare=False)
    overlaid: frozenset[str] = field(compare=False)
    strict: bool = field(compare=False)

    def build(self) -> PoolView:
        spec = get(self.value, "spec")
        title = f"NodePool {self.name}"
        taints = tuple(
            (taint, ("spec", *path))
            for path, given in items(spec, "template", "spec", "taints")
            if (taint := read_taint(given)).effect in KEEPS_AWAY
        )
        atoms = (
            *_label_atoms(self.name, title, spec),
            *_requirement_atoms(title, spec),
            *_limit_atoms(title, spec),
        )
        atoms = tuple(atom for atom in atoms if self.strict or atom.kind is not ConstraintKind.MIN_VALUES)
        limits = {atom.resource: atom.amount for atom in atoms if atom.kind is ConstraintKind.LIMIT}
        return assemble(
            name=self.name,
            title=title,
            weight=integer(get(spec, "weight")),
            karpenter=True,
            atoms=atoms,
            taints=taints,
            soft=_soft(read_taint(given) for _, given in items(spec, "template", "spec", "taints")),
            judged=INSTANCE_LABELS,
            candidates=everything() if self.settings is not None and not _is_open(spec) else 0,
            open_=True,
            settings=self.settings,
            limits=limits,
            overlaid=self.overlaid,
            daemons=self.daemons,
        )


def _is_open(spec: Any) -> bool:
    """Whether a variable decides which types or capacity there are: then none is known."""
    return any(
        normal(text(expression.get("key"))) in _OF_TYPES
        and any(is_open(str(value)) for value in sequence(expression.get("values")))
        for _, expression in items(spec, "template", "spec", "requirements")
    )


def _always(key: str, karpenter: bool, settings: NodeSettings | None, title: str) -> Atom | None:
    """What holds for a label on all nodes, whatever the pool says."""
    if key == OS and karpenter and settings is not None and settings.family:
        system = "windows" if settings.family == "Windows" else "linux"
        words, requirement = f"{OS}={system} of the AMIs of {title}", one_of((system,))
    elif key == CAPACITY_TYPE and karpenter:
        kinds: tuple[str, ...] = CAPACITY_TYPES
        words = f"Karpenter's capacity types {', '.join(CAPACITY_TYPES)}"
        if settings is not None and not settings.reservations:
            kinds = tuple(kind for kind in kinds if kind != "reserved")
            words = (
                f"only {' and '.join(kinds)} without capacityReservationSelectorTerms in the EC2NodeClass of {title}"
            )
        requirement = one_of(kinds)
    elif key in _EVERY_NODE:
        words, requirement = f"every node has a label {key}", EXISTS
    else:
        return None
    return Atom(ConstraintKind.LABEL, words, Side.NATURE, (), key=key, requirement=requirement)


def node_pool(
    name: str,
    value: Any,
    settings: NodeSettings | None,
    daemons: tuple[PodView, ...],
    overlaid: frozenset[str] = frozenset(),
    strict: bool = True,
) -> PoolView:
    """The view of a NodePool (its whole value).

    ``settings`` is None where its node class is not an EC2NodeClass: then no instance type is known. Without ``strict``,
    Karpenter gives up minValues that cannot be met. Equal NodePools of other clusters share one view.
    """
    parts = (name, get(value, "spec"), settings, tuple(id(daemon) for daemon in daemons), sorted(overlaid), strict)
    return _node_pool(repr(parts), _Ingredients(name, value, settings, daemons, overlaid, strict))


def node_group(group: NodeGroup, daemons: tuple[PodView, ...]) -> PoolView:
    """The view of a node group that nimfleet.toml declares."""
    return _node_group(group, daemons)


@lru_cache(maxsize=256)
def _node_group(group: NodeGroup, daemons: tuple[PodView, ...]) -> PoolView:
    title = f"node group {group.name}"
    labels = {f"{_OF_EKS}nodegroup": group.name, OS: "linux", **dict(group.labels)}
    atoms = tuple(
        Atom(
            ConstraintKind.LABEL,
            f"label {key}={value} of {title}",
            Side.NATURE,
            (),
            key=normal,
            requirement=requirement,
        )
        for (key, normal, requirement), value in zip(from_labels(labels), labels.values(), strict=True)
    )
    candidates = 0
    for name in group.instance_types:
        candidates |= bit_of(name)
    return assemble(
        name=group.name,
        title=title,
        weight=0,
        karpenter=False,
        atoms=atoms,
        taints=tuple((taint, ()) for taint in group.taints if taint.effect in KEEPS_AWAY),
        soft=_soft(group.taints),
        judged=_GROUP_LABELS,
        candidates=candidates,
        open_=not group.instance_types or any(not bit_of(name) for name in group.instance_types),
        settings=NodeSettings(),
        limits={"nodes": group.max_nodes} if group.max_nodes else {},
        overlaid=frozenset(),
        daemons=daemons,
    )


def assemble(
    *,
    name: str,
    title: str,
    weight: int,
    karpenter: bool,
    atoms: tuple[Atom, ...],
    taints: tuple[tuple[Taint, Pointer], ...],
    soft: tuple[Taint, ...],
    judged: frozenset[str],
    candidates: int,
    open_: bool,
    settings: NodeSettings | None,
    limits: Mapping[str, int],
    overlaid: frozenset[str],
    daemons: Iterable[PodView],
) -> PoolView:
    """A PoolView with what follows from its atoms: the types that they leave, and what daemons leave of those."""
    keys = sorted({atom.key for atom in atoms if atom.requirement is not None})
    facts = (_always(key, karpenter, settings, title) for key in keys)
    atoms = (*atoms, *(fact for fact in facts if fact is not None))
    joint: dict[str, Requirement] = {}
    usable = candidates
    for atom in atoms:
        if atom.requirement is None:
            continue
        joint[atom.key] = joint[atom.key] & atom.requirement if atom.key in joint else atom.requirement
        if atom.key in judged:
            usable &= labelled(atom.key, atom.requirement)
    known = settings or NodeSettings()
    sizes = _shapes(known)[1]
    bare = PoolView(
        name,
        title,
        weight,
        karpenter,
        atoms,
        taints,
        soft,
        judged,
        candidates,
        open_,
        settings,
        limits,
        overlaid,
        (),
        sizes,
        (),
        joint,
    )
    overhead = _overhead(bare, tuple(daemons))
    free = tuple(
        _less(whole, taken) if taken else whole for whole, taken in zip(_shapes(known)[0], overhead, strict=True)
    )
    view = PoolView(
        name,
        title,
        weight,
        karpenter,
        atoms,
        taints,
        soft,
        judged,
        candidates,
        open_,
        settings,
        limits,
        overlaid,
        free,
        sizes,
        overhead,
        joint,
    )
    for resource, limit in limits.items():
        if resource != "nodes":
            usable &= view.under_limit(resource, limit)
    object.__setattr__(view, "usable", usable)
    return view


@lru_cache(maxsize=256)
def _shapes(settings: NodeSettings) -> tuple[tuple[Mapping[str, int], ...], tuple[Mapping[str, int], ...]]:
    """Allocatable and capacity of every type."""
    every: tuple[InstanceType, ...] = types()
    return tuple(allocatable(each, settings) for each in every), tuple(capacity(each, settings) for each in every)


def daemon_types(daemon: PodView, pool: PoolView) -> int:
    """The types (bits) on which a daemon runs: its resources do not count, since it is there before other pods."""
    if any(not tolerated(taint, daemon.tolerations) for taint, _ in pool.taints):
        return 0
    found = 0
    for choice in choices(daemon.atoms):
        merged = pool.merged(daemon.atoms, choice)
        found |= merged[1] if merged is not None else 0
    return found


def _overhead(pool: PoolView, daemons: tuple[PodView, ...]) -> tuple[Mapping[str, int], ...]:
    """What daemons take of a node of each type: of those that tolerate the pool's taints and select its labels."""
    taken: list[dict[str, int]] = [{} for _ in types()]
    # Daemons of one shape share one view.
    for daemon, count in Counter(daemons).items():
        bits = daemon_types(daemon, pool)
        for index in members(bits):
            total = taken[index]
            for resource, wanted in daemon.requests.items():
                total[resource] = total.get(resource, 0) + count * wanted
    return tuple(taken)


def _soft(taints: Iterable[Taint]) -> tuple[Taint, ...]:
    return tuple(taint for taint in taints if taint.effect == "PreferNoSchedule")


def _less(whole: Mapping[str, int], taken: Mapping[str, int]) -> Mapping[str, int]:
    return {resource: max(0, value - taken.get(resource, 0)) for resource, value in whole.items()}


def _label_atoms(name: str, title: str, spec: Any) -> list[Atom]:
    atoms = [
        Atom(
            ConstraintKind.LABEL,
            f"label {NODEPOOL}={name} of {title}",
            Side.POOL,
            ("metadata", "name"),
            key=NODEPOOL,
            requirement=one_of((name,)),
        )
    ]
    node_class = text(get(spec, "template", "spec", "nodeClassRef", "name"))
    if node_class:
        atoms.append(
            Atom(
                ConstraintKind.LABEL,
                f"label {NODE_CLASS}={node_class} of {title}",
                Side.POOL,
                ("spec", "template", "spec", "nodeClassRef", "name"),
                key=NODE_CLASS,
                requirement=one_of((node_class,)),
            )
        )
    labels = mapping(get(spec, "template", "metadata", "labels"))
    for key, known, requirement in from_labels(labels):
        atoms.append(
            Atom(
                ConstraintKind.LABEL,
                f"label {key}={labels[key]} of {title}",
                Side.POOL,
                ("spec", "template", "metadata", "labels", key),
                key=known,
                requirement=requirement,
            )
        )
    return atoms


def _requirement_atoms(title: str, spec: Any) -> list[Atom]:
    atoms = []
    for path, expression in items(spec, "template", "spec", "requirements"):
        found = read(expression)
        if found is None:
            continue
        key, requirement = found
        operator = text(expression.get("operator"))
        values = ", ".join(str(value) for value in sequence(expression.get("values")))
        words = f"{expression.get('key')} {operator}{f' [{values}]' if values else ''}"
        kind = {ZONE: ConstraintKind.ZONE, ARCH: ConstraintKind.ARCHITECTURE}.get(key, ConstraintKind.REQUIREMENT)
        atoms.append(
            Atom(
                kind,
                f"requirement {words} of {title}",
                Side.POOL,
                ("spec", *path),
                key=key,
                requirement=requirement,
            )
        )
        least = integer(expression.get("minValues"))
        if least > 1 and key in INSTANCE_LABELS:
            atoms.append(
                Atom(
                    ConstraintKind.MIN_VALUES,
                    f"minValues {least} for {key} of {title}",
                    Side.POOL,
                    ("spec", *path, "minValues"),
                    key=key,
                    amount=least,
                )
            )
    return atoms


def _limit_atoms(title: str, spec: Any) -> list[Atom]:
    atoms = []
    for resource, given in mapping(get(spec, "limits")).items():
        limit = amount(resource, given) if isinstance(resource, str) else None
        if limit is not None:
            atoms.append(
                Atom(
                    ConstraintKind.LIMIT,
                    f"limit {resource}={given} of {title}",
                    Side.POOL,
                    ("spec", "limits", resource),
                    resource=resource,
                    amount=limit,
                )
            )
    return atoms
