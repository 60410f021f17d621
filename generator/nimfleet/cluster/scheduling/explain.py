"""Why a pod does not fit in a pool: a smallest set of constraints that contradict, and the smallest change that helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

from nimfleet.cluster.scheduling.atoms import Atom, Side
from nimfleet.cluster.scheduling.fit import Problem, build, problem
from nimfleet.cluster.scheduling.labels import (
    AWS,
    FAMILY,
    GPU_PRODUCT,
    INSTANCE_TYPE,
    NODEPOOL,
    OF_KARPENTER,
    WELL_KNOWN,
    instance_labels,
)
from nimfleet.cluster.scheduling.model import ConstraintKind
from nimfleet.cluster.scheduling.nodes import ACCELERATORS, volume_for
from nimfleet.cluster.scheduling.podview import PodView
from nimfleet.cluster.scheduling.pools import PoolView
from nimfleet.cluster.scheduling.quantities import CPU, EPHEMERAL, GIB, MEMORY, MIB, PODS, written
from nimfleet.cluster.scheduling.requirement import Requirement, one_of
from nimfleet.cluster.scheduling.taints import toleration_for
from nimfleet.cluster.scheduling.universe import members, types
from nimfleet.suggest import nearest

_MODELS = (FAMILY, INSTANCE_TYPE)
_LARGE = 4 * GIB
_MANY = 24
_LARGEST = 3
"""Conflicts and changes up to this size are searched exhaustively (one less among many constraints); larger ones are
only minimal by inclusion."""


@dataclass(frozen=True, slots=True)
class Reason:
    """``conflict``, ``fix`` and ``touched`` as in the model's Explanation, with atoms."""

    conflict: tuple[Atom, ...]
    fix: str
    touched: tuple[Atom, ...]
    intended: bool


@lru_cache(maxsize=16384)
def explain(pod: PodView, pool: PoolView, suited: int = 0) -> Reason:
    """Why ``pod`` does not fit in ``pool``. It must not fit. ``suited`` are the types (bits) that run what is in the pod, of
    which a fix proposes one where it can; 0 where that is not known."""
    given = problem(pod, pool)
    conflict = smallest_conflict(given)
    fix, touched = smallest_fix(given, suited)
    atoms = given.atoms
    return Reason(
        tuple(atoms[index] for index in conflict), fix, tuple(atoms[index] for index in touched), _intended(given)
    )


def _intended(given: Problem) -> bool:
    """Whether the pod means this pool: it names it, or names none and their labels agree."""
    wishes = [index for index, atom in enumerate(given.atoms) if atom.requirement is not None or atom.terms]
    names = [index for index in wishes if given.atoms[index].key == NODEPOOL]
    named = any(given.atoms[index].side is Side.POD for index in names)
    return given.possible(names if named else wishes)


def smallest_conflict(given: Problem) -> tuple[int, ...]:
    """Indexes of atoms that together leave nothing, while each subset of them leaves something: of the smallest number
    up to three, else what remains when every atom that is not needed has been taken away."""
    everyone = range(len(given.atoms))
    if given.possible(everyone):
        return ()
    candidates = sorted(_matters(given), key=lambda index: (_preference(given.atoms[index]), index))
    for size in range(1, _sizes(candidates) + 1):
        for chosen in combinations(candidates, size):
            if not given.possible(chosen):
                return chosen
    left = list(candidates)
    for index in reversed(candidates):
        without = [other for other in left if other != index]
        if not given.possible(without):
            left = without
    return tuple(left)


def _sizes(candidates: Sequence[int]) -> int:
    """How large the subsets are of which all are tried."""
    return _LARGEST if len(candidates) <= _MANY else _LARGEST - 1


def _preference(atom: Atom) -> int:
    """What people can edit comes before facts, and what they wrote on purpose before what limits everything."""
    if atom.kind is ConstraintKind.TAINT:
        return 0
    if atom.side is Side.POD:
        return 1 if atom.requirement is not None or atom.terms else 2
    if atom.side is Side.VOLUME:
        return 3
    if atom.side is Side.NATURE:
        return 5
    return 4 if atom.kind in (ConstraintKind.LIMIT, ConstraintKind.MIN_VALUES) else 3


@dataclass(frozen=True, slots=True)
class _Change:
    """Atom ``index`` becomes ``atom`` (None: it goes); ``effort`` orders changes that are as good."""

    index: int
    atom: Atom | None
    words: str
    effort: int


def smallest_fix(given: Problem, suited: int = 0) -> tuple[str, tuple[int, ...]]:
    """Words for the smallest change that leaves a type that the catalog knows, and the indexes of the constraints that it
    touches: with more than three, one of which no part can be left out. ``("", ())`` where nothing helps."""
    useful = [index for index in _matters(given) if _changeable(given.atoms[index])]
    for size in range(1, _sizes(useful) + 1):
        best: tuple[int, str, tuple[int, ...]] | None = None
        for chosen in combinations(useful, size):
            rest = [index for index in range(len(given.atoms)) if index not in chosen]
            if not given.known(rest):
                continue
            found = _words(given, chosen, rest, suited)
            if found is not None and (best is None or found < best[:2]):
                best = (*found, chosen)
        if best is not None:
            return best[1:]
    gone = list(useful)
    everyone = range(len(given.atoms))
    for index in useful:
        fewer = [other for other in gone if other != index]
        if given.known([other for other in everyone if other not in fewer]):
            gone = fewer
    found = _words(given, gone, [index for index in everyone if index not in gone], suited)
    return (found[1], tuple(gone)) if found is not None else ("", ())


def _changeable(atom: Atom) -> bool:
    return atom.side is Side.POD or (atom.side is not Side.NATURE and atom.path != ("metadata", "name"))


def _matters(given: Problem) -> list[int]:
    """The atoms that exclude anything, in order: a type, a value of a label that not all take, or types that the catalog does not
    know."""
    joint: dict[str, Requirement] = {}
    for atom in given.atoms:
        if atom.requirement is not None:
            joint[atom.key] = joint[atom.key] & atom.requirement if atom.key in joint else atom.requirement
    terms = {key for atom in given.atoms for term in atom.terms for key, _ in term}

    def matters(index: int) -> bool:
        atom = given.atoms[index]
        if atom.requirement is not None:
            return atom.key in given.pool.judged or atom.key in terms or not joint[atom.key].possible
        return (
            atom.impossible
            or bool(atom.terms)
            or atom.kind in (ConstraintKind.MIN_VALUES, ConstraintKind.EPHEMERAL_STORAGE)
            or given.masks[index] != given.pool.candidates
        )

    return [index for index in range(len(given.atoms)) if matters(index)]


def _words(given: Problem, chosen: Sequence[int], rest: Sequence[int], suited: int) -> tuple[int, str] | None:
    """The change of the chosen atoms that is least, proven to leave a type; None where there is none."""
    changes: list[_Change] = []
    kept = list(rest)
    atoms = list(given.atoms)
    for index in chosen:
        found = next(
            (
                change
                for change in sorted(_changes(given, atoms, index, kept, suited), key=lambda change: change.effort)
                if _helps(given, atoms, change, kept)
            ),
            None,
        )
        if found is None:
            return None
        changes.append(found)
        if found.atom is not None:
            atoms[index] = found.atom
            kept.append(index)
    return sum(change.effort for change in changes), " and ".join(change.words for change in changes)


def _helps(given: Problem, atoms: list[Atom], change: _Change, kept: list[int]) -> bool:
    if change.atom is None:
        return bool(build(given.pool, [atoms[index] for index in kept]).known(range(len(kept))))
    left = [*(atoms[index] for index in kept), change.atom]
    return bool(build(given.pool, left).known(range(len(left))))


def _changes(given: Problem, atoms: list[Atom], index: int, kept: list[int], suited: int) -> Iterator[_Change]:
    """What can be done about one atom, where ``kept`` are those that stay."""
    atom = atoms[index]
    left = build(given.pool, [atoms[other] for other in kept]).known(range(len(kept)))
    if not left:
        return
    left = left & suited or left
    pool = given.pool
    if atom.kind is ConstraintKind.TAINT:
        yield _Change(index, None, atom.remedy, 1)
    elif atom.kind is ConstraintKind.LIMIT:
        yield from _raised_limit(pool, atom, index, left)
    elif atom.side is Side.CLASS:
        yield from _larger_volume(pool, atoms, index, left)
    elif atom.kind is ConstraintKind.MIN_VALUES:
        yield _Change(index, None, f"lower the minValues for {atom.key} of {pool.title}", 2)
    elif atom.resource:
        yield from _lowered_request(pool, atom, index, left)
    elif atom.side is Side.VOLUME:
        yield _Change(index, None, f"use a volume in a zone of {pool.title} (instead of {atom.text})", 5)
    elif atom.side is Side.POD:
        yield from _renamed(given, atom, index)
        yield from _selected(given, atoms, atom, index, kept, left)
        yield _Change(index, None, atom.remedy, 4)
    elif atom.requirement is not None:
        yield from _widened(given, atoms, atom, index, kept, left)


def _raised_limit(pool: PoolView, atom: Atom, index: int, left: int) -> Iterator[_Change]:
    if atom.resource == "nodes":
        yield _Change(index, None, f"raise the limit nodes of {pool.title}", 2)
        return
    need = min(pool.sizes[each].get(atom.resource, 0) for each in members(left))
    words = f"raise the limit {atom.resource} of {pool.title} to at least {written(atom.resource, need)}"
    yield _Change(index, replace(atom, amount=need), words, 1)


def _lowered_request(pool: PoolView, atom: Atom, index: int, left: int) -> Iterator[_Change]:
    most = max(pool.free[each].get(atom.resource, 0) for each in members(left))
    if atom.resource == PODS:
        need = 1 + max(pool.daemons[each].get(PODS, 0) for each in members(left))
        words = f"let the kubelet of the EC2NodeClass of {pool.title} run at least {need} pods"
        yield _Change(index, None, words, 2)
    elif most > 0:
        unit = {CPU: 10, MEMORY: GIB if most > _LARGE else MIB, EPHEMERAL: GIB}.get(atom.resource, 1)
        amount = most // unit * unit
        if amount > 0:
            words = f"lower the request of {atom.resource} from {written(atom.resource, atom.amount)} to {_at_most(atom, amount)}"
            # A little less of what every node has is a smaller change than other nodes; fewer GPUs are not.
            little = atom.resource not in ACCELERATORS and 2 * amount >= atom.amount
            yield _Change(index, replace(atom, amount=amount), words, 2 if little else 3)
    else:
        # Without the request, the admission plugin would no longer add the toleration for it.
        taint = next((taint for taint, _ in pool.taints if taint.key == atom.resource), None)
        instead = f" but add the toleration {toleration_for(taint)}" if taint is not None else ""
        yield _Change(index, None, f"remove the request of {atom.resource}{instead}", 6)


def _larger_volume(pool: PoolView, atoms: list[Atom], index: int, left: int) -> Iterator[_Change]:
    wanted = next((atom.amount for atom in atoms if atom.resource == EPHEMERAL and atom.side is Side.POD), 0)
    if pool.settings is not None and wanted:
        daemons = min(pool.daemons[each].get(EPHEMERAL, 0) for each in members(left))
        size = volume_for(wanted + daemons, pool.settings)
        yield _Change(index, None, f"raise the root volume of the EC2NodeClass of {pool.title} to {size}Gi", 1)


def _at_most(atom: Atom, amount: int) -> str:
    if atom.resource in ACCELERATORS:
        return written(atom.resource, amount)
    return f"at most {written(atom.resource, amount)}"


def _renamed(given: Problem, atom: Atom, index: int) -> Iterator[_Change]:
    """The label that was meant, where Karpenter has none of this name, and nobody can give nodes one."""
    if atom.requirement is None:
        return
    if atom.key.startswith(OF_KARPENTER) and atom.key not in WELL_KNOWN:
        meant = nearest(atom.key, (key for key in WELL_KNOWN if key.startswith(OF_KARPENTER)))
        if meant is not None:
            words = f"change the label to {meant}, which Karpenter knows"
            yield _Change(index, replace(atom, key=meant), words, 0)
    elif atom.key == GPU_PRODUCT and not atom.requirement.complement:
        name = f"{AWS}instance-gpu-name"
        for each in members(given.pool.usable):
            value = instance_labels(types()[each]).get(name)
            if value is not None and any(_plain(value) in _plain(asked) for asked in atom.requirement.values):
                words = f"select {name}={value} instead, which Karpenter knows before the node is there"
                yield _Change(index, replace(atom, key=name, requirement=one_of((value,))), words, 0)
                return


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _selected(
    given: Problem, atoms: list[Atom], atom: Atom, index: int, kept: list[int], left: int
) -> Iterator[_Change]:
    """Another value for a label that the pod asks for: one that the pool's nodes have."""
    if atom.requirement is None or len(atom.requirement.values) != 1 or atom.requirement.complement:
        return
    (old,) = atom.requirement.values
    for value in _values(given, atoms, atom.key, kept, left):
        if value != old:
            verb = "nodeSelector" if atom.path[:1] == ("nodeSelector",) else "node affinity"
            words = f"change the {verb} {_name(atom)} from {old} to {value}"
            yield _Change(index, replace(atom, requirement=one_of((value,))), words, 3)
            return


def _name(atom: Atom) -> str:
    return str(atom.path[1]) if atom.path[:1] == ("nodeSelector",) else atom.key


def _values(given: Problem, atoms: list[Atom], key: str, kept: list[int], left: int) -> list[str]:
    """Values of a label that nodes of the types that are left have, of the cheapest type first."""
    if key in given.pool.judged:
        every = types()
        return [value for each in members(left) if (value := instance_labels(every[each]).get(key)) is not None][:1]
    joint = None
    for other in kept:
        requirement = atoms[other].requirement
        if requirement is not None and atoms[other].key == key:
            joint = requirement if joint is None else joint & requirement
    return sorted(joint.values)[:1] if joint is not None and not joint.complement else []


def _widened(
    given: Problem, atoms: list[Atom], atom: Atom, index: int, kept: list[int], left: int
) -> Iterator[_Change]:
    """A NodePool's label or requirement that takes what the pod asks for."""
    pool, requirement = given.pool, atom.requirement
    if requirement is None:
        return
    wanted = _values(given, atoms, atom.key, kept, left)
    where = f"of {pool.title}"
    if not atom.path or not _written(atom):
        if requirement.absent and wanted and not atom.key.startswith(OF_KARPENTER):
            words = f"add the label {atom.key}={wanted[0]} to the template {where}"
            yield _Change(index, replace(atom, requirement=one_of((wanted[0],))), words, 2)
        return
    label = atom.kind is ConstraintKind.LABEL
    if wanted and label:
        words = f"change the label {atom.key} {where} to {wanted[0]}"
        yield _Change(index, replace(atom, requirement=one_of((wanted[0],))), words, 3)
    elif wanted and requirement.values:
        effort = 4
        if requirement.complement:
            words = f"remove {wanted[0]} from the values of {atom.key} {where}"
            changed = replace(requirement, values=requirement.values - {wanted[0]})
        else:
            value, words = wanted[0], wanted[0]
            if atom.key in _MODELS:
                value, words = _model(atom.key, requirement, left, wanted[0])
                # Without a pod that wants something, any other family is as far from what was meant.
                effort = 6 if value != words and _is_alone(given) else effort
            words = f"add {words} to the values of {atom.key} {where}"
            changed = replace(requirement, values=requirement.values | {value})
        yield _Change(index, replace(atom, requirement=changed), words, effort)
    words = f"remove the {'label' if label else 'requirement for'} {atom.key} {where}"
    yield _Change(index, _without(given, atom, index), words, 5)


def _is_alone(given: Problem) -> bool:
    """Whether the pool is asked about without a pod."""
    return all(atom.resource == PODS for atom in given.atoms if atom.side is Side.POD)


def _model(key: str, requirement: Requirement, left: int, cheapest: str) -> tuple[str, str]:
    """A family or type that fits, and its words: the one that was meant, where one of the names is nearly it."""
    every = types()
    fitting = {value for each in members(left) if (value := instance_labels(every[each]).get(key)) is not None}
    for name in sorted(requirement.values):
        meant = nearest(name, fitting)
        if meant is not None:
            return meant, meant
    return cheapest, f"one that fits, such as {cheapest},"


def _written(atom: Atom) -> bool:
    """Whether a NodePool says this itself: a label of its template, or a requirement."""
    return atom.path[:4] == ("spec", "template", "metadata", "labels") or "requirements" in atom.path


def _without(given: Problem, atom: Atom, index: int) -> Atom | None:
    """What holds for a label when ``atom`` goes: where the pool says nothing else of it, nodes do not have it."""
    others = any(
        other.key == atom.key and other.side is Side.POOL and number != index
        for number, other in enumerate(given.atoms)
    )
    return None if others else given.pool.base(atom.key)
