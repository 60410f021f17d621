"""The scheduling proof of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import ServiceFacts, services, services_by_pod
from nimfleet.cluster.pods.expand import pod_sets
from nimfleet.cluster.pods.model import PodSet, Role
from nimfleet.cluster.scheduling.atoms import Atom, Side
from nimfleet.cluster.scheduling.bill import Demand, bill, maximum, over_limit, steady
from nimfleet.cluster.scheduling.explain import Reason, explain
from nimfleet.cluster.scheduling.fit import Fit, by_admission, judge
from nimfleet.cluster.scheduling.gather import Pool, candidates, pools
from nimfleet.cluster.scheduling.labels import CAPACITY_TYPE, CAPACITY_TYPES, ZONE
from nimfleet.cluster.scheduling.model import (
    Constraint,
    ConstraintKind,
    Explanation,
    Offer,
    Placement,
    PoolVerdict,
    Schedule,
)
from nimfleet.cluster.scheduling.nodes import ACCELERATORS
from nimfleet.cluster.scheduling.order import given_up, tried
from nimfleet.cluster.scheduling.podview import PodView, anyone, pod_view
from nimfleet.cluster.scheduling.pools import PoolView
from nimfleet.cluster.scheduling.spread import Crowd, crowd
from nimfleet.cluster.scheduling.universe import members, types
from nimfleet.cluster.scheduling.volumes import volume_wishes
from nimfleet.cluster.suitability import suits
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject
from nimfleet.suggest import listing


def schedule(cluster: Cluster) -> Schedule:
    """Where every pod of ``cluster`` runs, or why not; daemons are left out. Used as ``cluster.once(schedule)``."""
    placements, demands = [], []
    for pods in cluster.once(pod_sets):
        if pods.role is not Role.DAEMON:
            placement, demand = _place(cluster, pods, candidates(cluster, pods.spec))
            placements.append(placement)
            if demand is not None:
                demands.append(demand)
    most = over_limit(demands, maximum)
    return Schedule(tuple(placements), bill(demands), most, over_limit(demands, steady) if most else {})


def barren(cluster: Cluster) -> Mapping[int, PoolVerdict]:
    """NodePools on whose nodes no pod at all can run, whatever it tolerates and asks for, by ``id`` of the object. Limits do
    not count: they may be there to stop a pool. Used as ``cluster.once(barren)``."""
    found: dict[int, PoolVerdict] = {}
    for pool in cluster.once(pools):
        if pool.object is None:
            continue
        view = anyone()
        fit = judge(view, pool.view)
        if fit.bits or fit.unknown:
            continue
        reason = explain(view, pool.view)
        if all(atom.kind is not ConstraintKind.LIMIT for atom in reason.conflict):
            verdict = PoolVerdict(pool.view.name, pool.object, (), explain=partial(_of_pool, view, pool))
            found[id(pool.object)] = verdict
    return found


def _of_pool(view: PodView, pool: Pool) -> Explanation:
    """Why a pool makes no nodes; what a pod brings, which is one place on a node, is written in the node class."""
    reason = explain(view, pool.view)

    def constraint(atom: Atom) -> Constraint:
        if atom.side is not Side.POD:
            found, pointer = (pool.node_class if atom.side is Side.CLASS else pool.object), atom.path
            return Constraint(atom.kind, atom.text, found if atom.side is not Side.NATURE else None, pointer)
        settings, value = pool.view.settings, None
        if settings is not None and settings.max_pods is not None:
            value = f"kubelet.maxPods {settings.max_pods} of the EC2NodeClass"
        words = f"{value} leaves no pod room beside the daemons" if value else "daemons leave no pod room"
        return Constraint(atom.kind, words, pool.node_class, ("spec", "kubelet", "maxPods") if value else ("spec",))

    conflict = tuple(map(constraint, reason.conflict))
    return Explanation(conflict, reason.fix, tuple(map(constraint, reason.touched)))


def _place(cluster: Cluster, pods: PodSet, known: tuple[Pool, ...]) -> tuple[Placement, Demand | None]:
    wishes, volumes = volume_wishes(cluster, pods)
    view = pod_view(pods.spec, wishes)
    fits = [(pool, judge(view, pool.view)) for pool in known]
    verdicts = tuple(_verdict(cluster, pods, volumes, view, pool, fit) for pool, fit in fits)
    usable = [(fit, pool, verdict) for (pool, fit), verdict in zip(fits, verdicts, strict=True) if verdict.offers]
    escapes = view.elsewhere or any(fit.unknown for _, fit in fits) or _anywhere(view, known)
    if not usable or view.elsewhere:
        return Placement(pods, verdicts, None, escapes), None
    crowded = crowd(pods, ((pool.view, fit) for fit, pool, _ in usable)) if not escapes else None
    if crowded is not None:
        full = {id(verdict) for _, _, verdict in usable}
        verdicts = tuple(
            _crowded(pods, pool, crowded) if id(verdict) in full else verdict
            for (pool, _), verdict in zip(fits, verdicts, strict=True)
        )
        return Placement(pods, verdicts, None), None
    order = tuple(tried(view, [pool.view for _, pool, _ in usable]))
    groups = [(pool.view, fit) for fit, pool, _ in usable if not pool.view.karpenter]
    if not (order or groups):
        kept_away = {id(verdict) for _, _, verdict in usable} if not escapes else set()
        verdicts = tuple(
            _given_up(pods, view, pool) if id(verdict) in kept_away else verdict
            for (pool, _), verdict in zip(fits, verdicts, strict=True)
        )
        return Placement(pods, verdicts, None, escapes), None
    # Node groups come last: whether their nodes have room is not known.
    chosen = [(usable[place][1], usable[place][2], fit) for place, fit in order]
    chosen += [(pool, verdict, fit) for fit, pool, verdict in usable if not pool.view.karpenter]
    pool, verdict, fit = chosen[0]
    launched = replace(verdict, offers=_offers(view, pool.view, fit))
    placement = Placement(pods, verdicts, (launched, launched.offers[0]), False, by_admission(view, pool.view))
    bought = tuple((usable[place][1].view, fit) for place, fit in order)
    return placement, Demand(pods, view, bought, tuple(groups), firm=not escapes)


_COMMON = ("kubernetes.io/", "node.kubernetes.io/", "topology.kubernetes.io/", "topology.k8s.aws/")
"""Labels that nodes of all kinds have."""
_OF_NODE_GROUPS = ("eks.amazonaws.com/", "alpha.eksctl.io/")
"""Labels by which people choose nodes of EKS node groups."""


def _anywhere(view: PodView, known: tuple[Pool, ...]) -> bool:
    """Whether the pod may run on nodes of which nothing is known: it asks for a node group while none is declared, or nothing
    ties it to nodes of Karpenter, neither a device nor a label that only these have."""
    declared = any(not pool.view.karpenter for pool in known)
    if not declared and any(
        atom.key.startswith(_OF_NODE_GROUPS) and atom.requirement is not None and not atom.requirement.absent
        for atom in view.atoms
    ):
        return True
    if not view.extended.isdisjoint(ACCELERATORS):
        return False
    keys = {atom.key for atom in view.atoms if atom.key}
    keys |= {key for atom in view.atoms for term in atom.terms for key, _ in term}
    own = {key for key in keys if not key.startswith(_COMMON)}
    return not any(
        key.startswith(("karpenter.sh/", "karpenter.k8s.aws/"))
        or any(pool.view.karpenter and key in pool.view.joint for pool in known)
        for key in own
    )


def _verdict(
    cluster: Cluster, pods: PodSet, volumes: tuple[KubeObject, ...], view: PodView, pool: Pool, fit: Fit
) -> PoolVerdict:
    if fit.bits:
        return PoolVerdict(pool.view.name, pool.object, _offers(view, pool.view, fit))
    if fit.unknown:
        return PoolVerdict(pool.view.name, pool.object, (), unknown=True)
    return PoolVerdict(pool.view.name, pool.object, (), explain=partial(_explained, cluster, pods, volumes, view, pool))


def _given_up(pods: PodSet, view: PodView, pool: Pool) -> PoolVerdict:
    return PoolVerdict(
        pool.view.name, pool.object, (), explain=lambda: _told(given_up(view, pool.view), pods, (), pool)
    )


def _crowded(pods: PodSet, pool: Pool, crowded: Crowd) -> PoolVerdict:
    part, *rest = crowded.path
    pointer = pods.pointer(str(part), *(rest if part in pods.pointers else ()))
    zones = Atom(ConstraintKind.ZONE, f"zones {listing(crowded.zones)} of {pool.view.title}", Side.POOL, ("spec",))
    zones = next((atom for atom in pool.view.atoms if atom.key == ZONE), zones)
    conflict = (
        Constraint(ConstraintKind.SPREAD, crowded.text, pods.owner, pointer),
        _constraint(zones, pods, (), pool),
    )
    fix = f"lower the replicas to {crowded.room}, or only prefer to spread them"
    explanation = Explanation(conflict, fix, conflict[:1])
    return PoolVerdict(pool.view.name, pool.object, (), explain=lambda: explanation)


@lru_cache(maxsize=16384)
def _offers(view: PodView, pool: PoolView, fit: Fit) -> tuple[Offer, ...]:
    joint = fit.joint or {}
    zone, capacity = joint.get(ZONE), joint.get(CAPACITY_TYPE)
    zones = tuple(sorted(zone.values)) if zone is not None and not zone.complement else ()
    kinds = tuple(
        kind for kind in CAPACITY_TYPES if (capacity.allows(kind) if capacity is not None else kind != "reserved")
    )
    every = types()
    return tuple(
        Offer(every[index], _pods_a_node(view, pool, index), zones, kinds if pool.karpenter else ())
        for index in members(fit.bits)
    )


def _pods_a_node(view: PodView, pool: PoolView, index: int) -> int:
    free = pool.free[index]
    return min(free[resource] // wanted for resource, wanted in view.requests.items() if free.get(resource))


def _explained(
    cluster: Cluster, pods: PodSet, volumes: tuple[KubeObject, ...], view: PodView, pool: Pool
) -> Explanation:
    return _told(explain(view, pool.view, _suited(cluster, pods)), pods, volumes, pool)


def _told(reason: Reason, pods: PodSet, volumes: tuple[KubeObject, ...], pool: Pool) -> Explanation:
    conflict = tuple(_constraint(atom, pods, volumes, pool) for atom in reason.conflict)
    touched = tuple(_constraint(atom, pods, volumes, pool) for atom in reason.touched)
    return Explanation(conflict, reason.fix, touched, reason.intended)


def _suited(cluster: Cluster, pods: PodSet) -> int:
    """The types (bits) with a GPU that runs the model of a NIM, or of all NIMs that a cache is for; 0 for pods of which that is
    not known."""
    known, key = cluster.once(_known_suited), (id(pods.owner), pods.name)
    if key not in known:
        service = cluster.once(services_by_pod).get(key)
        meant = cluster.once(_services_by_cache).get(key[0], ()) if service is None else (service,)
        every = enumerate(types()) if meant else ()
        known[key] = sum(1 << index for index, instance in every if all(suits(each, instance) for each in meant))
    return known[key]


def _services_by_cache(cluster: Cluster) -> dict[int, list[ServiceFacts]]:
    """The services that start from a NIMCache, by ``id`` of its object."""
    found: dict[int, list[ServiceFacts]] = {}
    for service in cluster.once(services):
        if service.cache is not None:
            found.setdefault(id(service.cache.object), []).append(service)
    return found


def _known_suited(_: Cluster) -> dict[tuple[int, str], int]:
    """Answers of :func:`_suited`, which is asked for each pool."""
    return {}


def _constraint(atom: Atom, pods: PodSet, volumes: tuple[KubeObject, ...], pool: Pool) -> Constraint:
    found, pointer = _written(atom, pods, volumes, pool)
    return Constraint(atom.kind, atom.text, found, pointer)


def _written(
    atom: Atom, pods: PodSet, volumes: tuple[KubeObject, ...], pool: Pool
) -> tuple[KubeObject | None, Pointer]:
    match atom.side:
        case Side.POD:
            if atom.resource:
                return pods.owner, pods.request(atom.resource)
            part, *rest = atom.path
            # What the operator adds itself has no place below the pod as a whole.
            return pods.owner, pods.pointer(str(part), *(rest if part in pods.pointers else ()))
        case Side.POOL:
            return pool.object, atom.path
        case Side.CLASS:
            return pool.node_class, atom.path
        case Side.VOLUME:
            return volumes[atom.volume], atom.path
    return None, atom.path
