"""The wishes and limits of a pod and of a pool, each with where it is written, before they are put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice, product

from nimfleet.cluster.scheduling.model import ConstraintKind
from nimfleet.cluster.scheduling.requirement import Requirement
from nimfleet.manifest.pointer import Pointer


class Side(Enum):
    """Whose object a constraint is written in."""

    POD = "pod"
    """The owner of the PodSet; the pointer begins with a part of it (see ``PodSet.pointer``)."""
    POOL = "pool"
    CLASS = "class"
    """The EC2NodeClass."""
    VOLUME = "volume"
    """Another object, which :class:`Atom` names by its place among those that the pod's volumes need."""
    NATURE = "nature"
    """A fact that nobody wrote."""


Alternatives = tuple[tuple[tuple[str, Requirement], ...], ...]
"""Terms of which one must hold; each is requirements by key that must all hold."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One constraint.

    What it asks for is one of: ``requirement`` for the label ``key``; one of the ``terms``; ``amount`` of ``resource`` (of the
    pod's wishes, or at most that much of a node's capacity for a limit); at least ``amount`` different values of ``key``
    (minValues); or nothing that any node has (``impossible``). ``remedy`` is the change that would remove it, in words.
    """

    kind: ConstraintKind
    text: str
    side: Side
    path: Pointer
    remedy: str = ""
    key: str = ""
    requirement: Requirement | None = None
    terms: Alternatives = ()
    resource: str = ""
    amount: int = 0
    impossible: bool = False
    volume: int = -1


_MOST = 64
"""Combinations of alternatives that are looked at."""


def choices(atoms: Iterable[Atom]) -> Iterator[tuple[tuple[str, Requirement], ...]]:
    """Each way to choose one term of every atom that has alternatives; one empty choice where none has."""
    sets = [atom.terms for atom in atoms if atom.terms]
    for chosen in islice(product(*sets), _MOST):
        yield tuple(wish for term in chosen for wish in term)
