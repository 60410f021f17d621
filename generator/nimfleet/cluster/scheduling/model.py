"""Answers of the scheduling proof, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from nimfleet.catalog.model import InstanceType
from nimfleet.cluster.pods.model import PodSet
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """One wish or limit that takes part in a contradiction.

    ``text`` is how it reads in a message, such as "nodeSelector karpenter.sh/nodepool=g5" or "taint
    nvidia.com/gpu=true:NoSchedule of NodePool g5"; ``object`` and ``pointer`` are where it is written (``object`` is None
    for a fact of nature, such as the memory of an instance type).
    """

    kind: ConstraintKind
    text: str
    object: KubeObject | None
    pointer: Pointer


class ConstraintKind(StrEnum):
    """What sort of constraint it is: rules are about one or several."""

    SELECTOR = "selector"
    AFFINITY = "affinity"
    TAINT = "taint"
    REQUIREMENT = "requirement"
    LABEL = "label"
    GPU = "gpu"
    CPU = "cpu"
    MEMORY = "memory"
    EPHEMERAL_STORAGE = "ephemeral-storage"
    PODS = "pods"
    ZONE = "zone"
    LIMIT = "limit"
    MIN_VALUES = "min-values"
    ARCHITECTURE = "architecture"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """An instance type on which a pod fits, and how many such pods one node holds beside its daemons."""

    instance: InstanceType
    pods_a_node: int
    zones: tuple[str, ...]
    capacity_types: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a pod does not fit: ``conflict``, a smallest set of constraints that no instance type meets together, and
    ``fix``, the smallest change that would make it fit (one imperative clause without a full stop, such as "add the
    toleration nvidia.com/gpu Exists"; ``""`` where none was found). ``touched`` are the constraints that the fix changes.
    ``intended``: the pod means this pool; it names it, or names none and their labels agree."""

    conflict: tuple[Constraint, ...] = ()
    fix: str = ""
    touched: tuple[Constraint, ...] = ()
    intended: bool = True

    @property
    def changes(self) -> int:
        """How many constraints the fix touches."""
        return len(self.touched)


def fits() -> Explanation:
    """Of a pod that fits."""
    return Explanation()


@dataclass(frozen=True, slots=True, eq=False)
class PoolVerdict:
    """One pod against one NodePool (or declared node group): ``offers`` cheapest first, unknown prices last. Where there
    are none, either ``unknown`` is true, since instance types that the catalog does not know may fit, or ``conflict``
    and ``fix`` say why not, which is worked out when it is asked for."""

    pool: str
    object: KubeObject | None
    offers: tuple[Offer, ...]
    unknown: bool = False
    explain: Callable[[], Explanation] = fits

    @property
    def conflict(self) -> tuple[Constraint, ...]:
        """The smallest set of constraints that contradict; empty where the pod fits or may fit."""
        return self.explain().conflict

    @property
    def fix(self) -> str:
        """The smallest change that would make it fit."""
        return self.explain().fix

    @property
    def changes(self) -> int:
        """How many constraints the fix touches: the pool with the fewest is the nearest."""
        return self.explain().changes


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """One PodSet against every pool. ``chosen`` is what Karpenter would launch first: from the pool that it takes (see
    :mod:`~nimfleet.cluster.scheduling.order`) the cheapest type; the offers of that verdict are only those that Karpenter would
    ask EC2 for, which a preference may make fewer. None when the pod gets no node, or only where nothing is known
    (``unknown``)."""

    pods: PodSet
    verdicts: tuple[PoolVerdict, ...]
    chosen: tuple[PoolVerdict, Offer] | None
    unknown: bool = False
    """It may run on nodes of which nothing is known: an instance type that the catalog does not have, or nodes that are not
    Karpenter's, since it asks for no accelerator and no label of a NodePool."""
    by_admission: tuple[str, ...] = ()
    """Taint keys that it tolerates only if the cluster's ExtendedResourceToleration plugin adds the toleration."""

    @property
    def nearest(self) -> PoolVerdict | None:
        """The verdict for messages: of the pool that the pod means, else the one whose fix is smallest. None without
        pools, or where every pool fits or may fit."""
        misfits = [verdict for verdict in self.verdicts if not verdict.offers and not verdict.unknown]
        return min(misfits, key=_distance, default=None)


def _distance(verdict: PoolVerdict) -> tuple[bool, bool, int, str]:
    explanation = verdict.explain()
    return (not explanation.intended, not explanation.fix, explanation.changes, verdict.pool)


@dataclass(frozen=True, slots=True)
class NodeCount:
    """So many nodes of one instance type in one pool; ``usd_hour`` for all of them on demand (also where they may be spot),
    None when the price is unknown."""

    pool: str
    instance_type: str
    count: int
    usd_hour: float | None


@dataclass(frozen=True, slots=True)
class Bill:
    """Nodes at the minimum (floor), at the usual (steady) and at the maximum (ceiling) number of replicas, and the USD an
    hour of each (None when a price is unknown); jobs are not counted. ``models`` has the share of each NIMService
    by ``namespace/name``: the GPUs that it takes times the node's price a GPU."""

    floor: tuple[NodeCount, ...]
    steady: tuple[NodeCount, ...]
    ceiling: tuple[NodeCount, ...]
    models: Mapping[str, tuple[float | None, float | None, float | None]]
    region: str
    date: str


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The whole proof for one cluster. ``over_limit`` has, by NodePool, what the nodes for all pods at their maximum have and
    what ``spec.limits`` allows, for each resource of which there is too little, where pods stay Pending because of it; CPUs are
    whole ones, memory is bytes. ``over_usual`` is the same for the usual number of pods. Daemons have no placement."""

    placements: tuple[Placement, ...]
    bill: Bill
    over_limit: Mapping[str, Mapping[str, tuple[float, float]]]
    over_usual: Mapping[str, Mapping[str, tuple[float, float]]]
