"""Which instance types of a pool a pod fits, and whether any subset of constraints leaves one.

As in Karpenter, a pod's required wishes are put together with the pool's, label by label; the pod's resources and those of the
pool's daemons must be free on the type. Source: sigs.k8s.io/karpenter 1.14, pkg/controllers/provisioning/scheduling/nodeclaim.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nimfleet.cluster.scheduling.atoms import Atom, Side, choices
from nimfleet.cluster.scheduling.labels import WITHOUT_ACCELERATOR, instance_labels
from nimfleet.cluster.scheduling.model import ConstraintKind
from nimfleet.cluster.scheduling.nodes import ACCELERATORS, EFA, KNOWN_RESOURCES, UNMEASURED
from nimfleet.cluster.scheduling.podview import NATIVE, PodView
from nimfleet.cluster.scheduling.pools import PoolView
from nimfleet.cluster.scheduling.quantities import EPHEMERAL, written
from nimfleet.cluster.scheduling.requirement import Requirement
from nimfleet.cluster.scheduling.taints import describe, tolerated, toleration_for
from nimfleet.cluster.scheduling.universe import labelled, members, strangers, types

Joint = dict[str, Requirement]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The types (bits) that a pod fits, with the first of its alternatives that works; ``unknown``: types that the catalog does
    not have may fit; ``joint``: the labels that are wanted."""

    bits: int
    unknown: bool
    joint: Mapping[str, Requirement] | None = None


_MISFIT = Fit(0, False)


@lru_cache(maxsize=131072)
def judge(pod: PodView, pool: PoolView) -> Fit:
    """Where ``pod`` fits in ``pool``."""
    if untolerated(pod, pool):
        return _MISFIT
    unknown = _MISFIT
    for choice in choices(pod.atoms):
        fit = _judge(pod, pool, choice)
        if fit.bits:
            return fit
        if fit.unknown and not unknown.unknown:
            unknown = fit
    return unknown


def _judge(pod: PodView, pool: PoolView, choice: Iterable[tuple[str, Requirement]]) -> Fit:
    merged = pool.merged(pod.atoms, choice)
    if merged is None:
        return _MISFIT
    joint, bits = merged
    bits &= pool.usable
    if not all(requirement.possible for requirement in pool.joint.values()):
        return _MISFIT
    if pool.limits.get("nodes", 1) < 1:
        return _MISFIT
    wanted = [(resource, value) for resource, value in pod.requests.items() if measured(resource, pool)]
    for resource, value in wanted:
        bits &= pool.room(resource, value)
    known = bits
    for atom in pool.atoms:
        if atom.kind is ConstraintKind.MIN_VALUES and variety(bits, atom.key) < atom.amount:
            known = 0
    return Fit(known, not known and _strange(pool, joint, dict(wanted)), joint)


def measured(resource: str, pool: PoolView) -> bool:
    """Whether the amount of ``resource`` on a node of ``pool`` is known (none of it counts as known)."""
    if resource in UNMEASURED or resource.startswith("hugepages-"):
        return False
    if resource in pool.overlaid:
        return False
    if resource == EPHEMERAL and pool.settings is not None and pool.settings.volume is None:
        return False
    # Nothing makes a node group's extended resources known before its device plugin runs, except those of its types.
    return pool.karpenter or resource in NATIVE or resource in ACCELERATORS or resource == EFA


def _strange(pool: PoolView, joint: Mapping[str, Requirement], wanted: Mapping[str, int]) -> bool:
    """Whether a type that the catalog does not have may fit."""
    if not pool.open:
        return False
    names = set(wanted) - pool.overlaid
    if pool.karpenter and not names <= KNOWN_RESOURCES:
        return False
    if same_volume(pool) and not pool.room(EPHEMERAL, wanted.get(EPHEMERAL, 0)):
        return False
    if not pool.karpenter or pool.settings is None:
        return True
    accelerated = not names.isdisjoint(ACCELERATORS)
    return any(not (accelerated and category in WITHOUT_ACCELERATOR) for category in strangers(joint))


def same_volume(pool: PoolView) -> bool:
    """Whether all nodes have the same ephemeral storage: the root volume of the EC2NodeClass."""
    settings = pool.settings
    return pool.karpenter and settings is not None and settings.volume is not None and not settings.raid


def untolerated(pod: PodView, pool: PoolView) -> list[Atom]:
    """The pool's taints that keep the pod away. Those named for a resource that it asks for are tolerated through the
    ExtendedResourceToleration admission plugin, which EKS has: see :func:`by_admission`."""
    if not pool.taints:
        return []
    admitted = by_admission(pod, pool)
    atoms = []
    for taint, path in pool.taints:
        if tolerated(taint, pod.tolerations) or (taint.effect == "NoSchedule" and taint.key in admitted):
            continue
        atoms.append(
            Atom(
                ConstraintKind.TAINT,
                f"taint {describe(taint)} of {pool.title}",
                Side.POOL if pool.karpenter else Side.NATURE,
                path,
                remedy=f"add the toleration {toleration_for(taint)}",
                impossible=True,
            )
        )
    return atoms


def by_admission(pod: PodView, pool: PoolView) -> tuple[str, ...]:
    """Keys of taints that the pod tolerates only through the ExtendedResourceToleration plugin (it adds
    ``<resource> Exists NoSchedule`` for each extended resource that is asked for)."""
    named = [taint for taint, _ in pool.taints if taint.effect == "NoSchedule" and taint.key in pod.extended]
    return tuple(taint.key for taint in named if not tolerated(taint, pod.tolerations))


def variety(bits: int, key: str) -> int:
    """How many different values of a label the types have."""
    every = types()
    return len({instance_labels(every[index]).get(key) for index in members(bits)} - {None})


@dataclass(frozen=True, slots=True)
class Problem:
    """A pod and a pool as constraints that can be taken away one by one."""

    pool: PoolView
    atoms: tuple[Atom, ...]
    masks: tuple[int, ...]
    """The types that each atom alone leaves."""

    def known(self, chosen: Sequence[int]) -> int:
        """The types of the catalog (bits) that the chosen atoms leave together."""
        atoms = [self.atoms[index] for index in chosen]
        bits = self._bits(chosen, atoms)
        found = 0
        for choice in choices(atoms) if bits else ():
            if bits & ~found and _joined(atoms, choice) is not None:
                found |= self._left(bits, atoms, choice)
        return found

    def possible(self, chosen: Sequence[int]) -> bool:
        """Whether the chosen atoms leave any type, known or not."""
        atoms = [self.atoms[index] for index in chosen]
        if any(atom.impossible for atom in atoms):
            return False
        bits = self._bits(chosen, atoms)
        amounts = {a.resource: a.amount for a in atoms if a.resource and a.kind is not ConstraintKind.LIMIT}
        if same_volume(self.pool) and not any(atom.side is Side.CLASS for atom in atoms):
            amounts.pop(EPHEMERAL, None)
        for choice in choices(atoms):
            joint = _joined(atoms, choice)
            if joint is not None and (self._left(bits, atoms, choice) or _strange(self.pool, joint, amounts)):
                return True
        return False

    def _bits(self, chosen: Sequence[int], atoms: Sequence[Atom]) -> int:
        """The types that each of the atoms leaves, alternatives and the variety of types aside."""
        bits = self.pool.candidates
        for index in chosen:
            bits &= self.masks[index]
        if bits and same_volume(self.pool) and any(atom.side is Side.CLASS for atom in atoms):
            # The request and the volume are two atoms: either can give way.
            for atom in atoms:
                if atom.resource == EPHEMERAL and atom.side is Side.POD:
                    bits &= self.pool.room(EPHEMERAL, atom.amount)
        return bits

    def _left(self, bits: int, atoms: Sequence[Atom], choice: Iterable[tuple[str, Requirement]]) -> int:
        for key, wish in choice:
            if key in self.pool.judged:
                bits &= labelled(key, wish)
        if any(a.kind is ConstraintKind.MIN_VALUES and variety(bits, a.key) < a.amount for a in atoms):
            return 0
        return bits


def _joined(atoms: Iterable[Atom], choice: Iterable[tuple[str, Requirement]]) -> Joint | None:
    joint: Joint = {}
    wishes = ((atom.key, atom.requirement) for atom in atoms if atom.requirement is not None)
    for key, wish in (*wishes, *choice):
        merged = joint[key] & wish if key in joint else wish
        if not merged.possible:
            return None
        joint[key] = merged
    return joint


def problem(pod: PodView, pool: PoolView) -> Problem:
    """Everything that decides whether ``pod`` fits in ``pool``: its wishes, the pool's taints and atoms, and what holds for
    labels of which the pool says nothing."""
    atoms = [atom for atom in pod.atoms if not atom.resource or measured(atom.resource, pool)]
    keys = {atom.key for atom in pod.atoms if atom.key} | {
        key for atom in pod.atoms for term in atom.terms for key, _ in term
    }
    atoms += untolerated(pod, pool)
    atoms += pool.atoms
    if EPHEMERAL in pod.requests and same_volume(pool):
        atoms.append(_volume(pool))
    atoms += (base for key in sorted(keys - set(pool.joint)) if (base := pool.base(key)) is not None)
    if pool.limits.get("nodes", 1) < 1:
        atoms = [
            atom if atom.kind is not ConstraintKind.LIMIT or atom.resource != "nodes" else _forbidding(atom)
            for atom in atoms
        ]
    return build(pool, atoms)


def _volume(pool: PoolView) -> Atom:
    settings = pool.settings
    size = settings.volume if settings is not None and settings.volume is not None else 0
    return Atom(
        ConstraintKind.EPHEMERAL_STORAGE,
        f"root volume of {written(EPHEMERAL, size)} of the EC2NodeClass of {pool.title}",
        Side.CLASS,
        settings.volume_pointer if settings is not None else (),
    )


def _forbidding(atom: Atom) -> Atom:
    return Atom(atom.kind, atom.text, atom.side, atom.path, resource=atom.resource, amount=atom.amount, impossible=True)


def build(pool: PoolView, atoms: Iterable[Atom]) -> Problem:
    """A problem of these atoms."""
    given = tuple(atoms)
    return Problem(pool, given, tuple(mask(pool, atom) for atom in given))


def mask(pool: PoolView, atom: Atom) -> int:
    """The types (bits) that ``atom`` alone leaves."""
    every = pool.candidates
    if atom.impossible:
        return 0
    if atom.requirement is not None:
        return every & labelled(atom.key, atom.requirement) if atom.key in pool.judged else every
    if atom.kind is ConstraintKind.LIMIT:
        return every if atom.resource == "nodes" else every & pool.under_limit(atom.resource, atom.amount)
    if atom.resource and not (atom.resource == EPHEMERAL and same_volume(pool)):
        return every & pool.room(atom.resource, atom.amount)
    return every
