"""Pods that fit no pool, sorted by what stands in the way, so that each is reported by one rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.models import GPU, services_by_pod, unequal
from nimfleet.cluster.nim import NIM
from nimfleet.cluster.pods.model import PodSet, Role
from nimfleet.cluster.scheduling.gather import MANY, Pool, pools, unlike
from nimfleet.cluster.scheduling.model import Constraint, ConstraintKind, Explanation, Placement, PoolVerdict
from nimfleet.cluster.scheduling.nodes import ACCELERATORS, AMD_GPU, KNOWN_RESOURCES, NEURON, NEURON_CORE
from nimfleet.cluster.scheduling.podview import NATIVE
from nimfleet.cluster.scheduling.quantities import NVIDIA_GPU, pod_requests
from nimfleet.cluster.scheduling.schedule import barren, schedule
from nimfleet.cluster.scheduling.universe import members, types
from nimfleet.cluster.suitability import suits
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, mapping, sequence
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit

_KIND = ConstraintKind
_VALUE = re.compile(r"(?<![\w`/])((?:[\w.-]+/[\w./-]+|[\w.-]+(?==))(?:=[\w.-]*)?(?::\w+)?)")
_NAMED = re.compile(r"\b(NodePool|StorageClass|group) ([a-z0-9][\w.-]*)")
_LABELS = frozenset({_KIND.SELECTOR, _KIND.AFFINITY, _KIND.ZONE, _KIND.LABEL, _KIND.REQUIREMENT, _KIND.ARCHITECTURE})
# Every pool of the repository has these: they do not show which pool a pod means.
_COMMON = frozenset({"kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch"})


class Reason(Enum):
    """What stands in the way; each has a rule."""

    TAINT = "taint"
    LIMIT = "limit"
    ZONE = "zone"
    SPREAD = "spread"
    DEVICE = "device"
    STORAGE = "storage"
    SIZE = "size"
    SELECTOR = "selector"
    POOL = "pool"


_FAMILIES = {NVIDIA_GPU: "`g6`", AMD_GPU: "`g4ad`", NEURON: "`inf2`", NEURON_CORE: "`inf2`"}
_RESOURCES = frozenset({_KIND.GPU, _KIND.CPU, _KIND.MEMORY, _KIND.EPHEMERAL_STORAGE, _KIND.PODS})
_ABOUT_RESOURCES = (Reason.DEVICE, Reason.STORAGE, Reason.SIZE)
# The first that takes part in a contradiction names it.
_BY_KIND: tuple[tuple[ConstraintKind, Reason], ...] = (
    (_KIND.SPREAD, Reason.SPREAD),
    (_KIND.ZONE, Reason.ZONE),
    (_KIND.EPHEMERAL_STORAGE, Reason.STORAGE),
    (_KIND.GPU, Reason.SIZE),
    (_KIND.CPU, Reason.SIZE),
    (_KIND.MEMORY, Reason.SIZE),
    (_KIND.PODS, Reason.SIZE),
    (_KIND.SELECTOR, Reason.SELECTOR),
    (_KIND.AFFINITY, Reason.SELECTOR),
    (_KIND.ARCHITECTURE, Reason.SELECTOR),
    (_KIND.TAINT, Reason.TAINT),
)


@dataclass(frozen=True, slots=True, eq=False)
class Misfit:
    """A pod that fits nowhere: ``verdict`` is the pool that it means, or the one that is nearest."""

    placement: Placement
    verdict: PoolVerdict
    reason: Reason


def misfits(cluster: Cluster) -> Mapping[Reason, tuple[Misfit, ...]]:
    """All misfits by reason. Use it through ``cluster.once``."""
    found: dict[Reason, list[Misfit]] = {}
    for misfit in _misfits(cluster):
        found.setdefault(misfit.reason, []).append(misfit)
    return {reason: tuple(members) for reason, members in found.items()}


def report(cluster: Cluster, reason: Reason) -> Iterator[Hit]:
    """The hits of one rule: what contradicts, where the pod says its part of it, and the smallest fix. Of the pods that one
    limit, or one minValues, keeps away, the first is named."""
    limits: set[tuple[int, Pointer]] = set()
    for misfit in cluster.once(misfits).get(reason, ()):
        explanation = misfit.verdict.explain()
        why = contradiction(explanation.conflict)
        if reason is Reason.SELECTOR and not explanation.intended and not _has_labels(explanation.conflict):
            # A taint alone keeps it away, but it does not even ask for this pool.
            why = "the labels that it selects are not those of the pool"
        fix = quoted(explanation.fix) or "let it select other nodes, or make some that hold it"
        if reason is Reason.DEVICE:
            fix = _other_nodes(cluster, misfit)
        message = f"{called(misfit.placement.pods)} fits no node of {_titled(misfit.verdict)}: {why}; {fix}"
        item, pointer = _place(misfit, explanation.conflict)
        if reason is Reason.LIMIT or _is_minimum(explanation):
            if (id(item), pointer) in limits:
                continue
            limits.add((id(item), pointer))
        yield hit(item, message, pointer)


def called(pods: PodSet) -> str:
    """A pod as people call it: ``the pod of NIMService `llama` ``."""
    kind = "NIMService" if pods.owner.id.kind == "NIMPipeline" else pods.owner.id.kind
    return f"the pod of {kind} `{pods.name}`"


def contradiction(conflict: tuple[Constraint, ...]) -> str:
    """A smallest set of constraints as a clause."""
    texts = [quoted(constraint.text) for constraint in conflict]
    if len(texts) == 1:
        return f"it does not tolerate the {texts[0]}" if conflict[0].kind is _KIND.TAINT else texts[0]
    return f"{' and '.join(texts[:-1])}, but {texts[-1]}"


def quoted(text: str) -> str:
    """Labels, taints, resources and names of pools in backticks."""
    return _NAMED.sub(r"\1 `\2`", _VALUE.sub(r"`\1`", text))


def wants_accelerator(pods: PodSet) -> bool:
    """Whether a pod asks for GPUs or Neuron devices."""
    return bool(_devices(pods))


def selects(pods: PodSet) -> bool:
    """Whether a pod says by itself which nodes it wants, or which it tolerates."""
    return _chooses(pods) or bool(sequence(get(pods.spec, "tolerations")))


def _misfits(cluster: Cluster) -> Iterator[Misfit]:
    dead = cluster.once(barren)
    for placement in cluster.once(schedule).placements:
        pods = placement.pods
        if placement.chosen is not None or pods.role is Role.DAEMON or pods.replicas.maximum == 0:
            continue
        verdicts = [each for each in placement.verdicts if not (each.unknown or each.offers)]
        if placement.unknown:
            # Of devices by ResourceClaim nothing is known; a taint of the pool that is asked for keeps the pod away all the same.
            verdicts = [each for each in verdicts if _names(pods, each) and _is_taint(each)]
        if not verdicts:
            continue
        if any(id(each.object) in dead and _could_mean(pods, each) for each in verdicts):
            continue  # scheduling/pool-makes-no-nodes speaks of the pool
        verdict = min(_unlike(cluster, pods, verdicts), key=partial(_nearness, pods))
        if _has_default_selector(pods) and not verdict.explain().intended:
            continue
        if not verdict.conflict or not (cluster.world is World.COMPLETE or _is_meant(cluster, pods, verdict)):
            continue
        reason = _reason(cluster, pods, verdict)
        if reason is Reason.SIZE and _gpus_are_doubtful(cluster, pods, verdict):
            continue
        yield Misfit(placement, verdict, reason)


def _unlike(cluster: Cluster, pods: PodSet, verdicts: list[PoolVerdict]) -> list[PoolVerdict]:
    """The verdicts of the pools that the pod names; where it names none, of pools that differ in more than their names: the
    others are as near."""
    named = [verdict for verdict in verdicts if _names(pods, verdict)]
    if named or len(verdicts) < MANY:
        return named or verdicts
    first = {id(pool.object) for pool in cluster.once(unlike)}
    return [verdict for verdict in verdicts if verdict.object is None or id(verdict.object) in first] or verdicts


def _could_mean(pods: PodSet, verdict: PoolVerdict) -> bool:
    """Whether the pod selects the pool by its name, or none by a name."""
    selector = mapping(get(pods.spec, "nodeSelector"))
    return _names(pods, verdict) or "karpenter.sh/nodepool" not in selector


def _names(pods: PodSet, verdict: PoolVerdict) -> bool:
    """Whether the pod selects the NodePool by its name."""
    selector = mapping(get(pods.spec, "nodeSelector"))
    named = selector.get("karpenter.sh/nodepool") == verdict.pool
    return named and verdict.object is not None and not get(pods.spec, "nodeName")


def _gpus_are_doubtful(cluster: Cluster, pods: PodSet, verdict: PoolVerdict) -> bool:
    """Whether other rules say that the number of GPUs is wrong, on which alone it depends that the pod is too large."""
    if not any(constraint.kind is _KIND.GPU for constraint in verdict.conflict):
        return False
    service = cluster.once(services_by_pod).get((id(pods.owner), pods.name))
    if service is None or service.gpus is None:
        return service is not None and unequal(service.spec.get("resources"), GPU)
    each = {claim.tensor if service.nodes > 1 else claim.tensor * claim.pipeline for claim in service.claims}
    return bool(each) and service.gpus not in each


def _is_taint(verdict: PoolVerdict) -> bool:
    return all(constraint.kind is _KIND.TAINT for constraint in verdict.conflict)


def _nearness(pods: PodSet, verdict: PoolVerdict) -> tuple[bool, bool, bool, int, str]:
    explanation = verdict.explain()
    return (
        not _names(pods, verdict),
        not explanation.intended,
        not explanation.fix,
        explanation.changes,
        verdict.pool,
    )


def _reason(cluster: Cluster, pods: PodSet, verdict: PoolVerdict) -> Reason:
    explanation = verdict.explain()
    kinds = {constraint.kind for constraint in explanation.conflict}
    if not explanation.intended and not _has_labels(explanation.conflict):
        return Reason.SELECTOR
    if _KIND.LIMIT in kinds:
        return Reason.LIMIT
    if _KIND.TAINT not in kinds and _is_of_pool(pods, explanation.conflict):
        return Reason.POOL
    if any(not _somewhere(cluster.once(pools), device) for device in _devices(pods)):
        return Reason.DEVICE
    if _strange(pods, explanation.conflict):
        return Reason.DEVICE
    return next((reason for kind, reason in _BY_KIND if kind in kinds), Reason.POOL)


def _is_of_pool(pods: PodSet, conflict: tuple[Constraint, ...]) -> bool:
    """Whether a pool contradicts itself. What a pod's volumes want is of other objects, and a zone."""
    if any(constraint.object is pods.owner for constraint in conflict):
        return False
    return all(constraint.object is None or constraint.object.id.kind == "NodePool" for constraint in conflict)


def _somewhere(known: tuple[Pool, ...], device: str) -> bool:
    """Whether an instance type of any pool has the device, as far as is known."""
    return any(
        pool.view.settings is None or any(pool.view.sizes[index].get(device, 0) for index in members(pool.view.usable))
        for pool in known
    )


def _is_meant(cluster: Cluster, pods: PodSet, verdict: PoolVerdict) -> bool:
    """Whether a pod surely means this pool although not the whole cluster is known: it selects it by name or, where all
    pools are here, by something that is its own, or by the device that it wants."""
    if _names(pods, verdict):
        return True
    explanation = verdict.explain()
    if cluster.world is World.PART or not explanation.intended:
        return False
    return _chooses(pods) or (wants_accelerator(pods) and all(c.kind is not _KIND.GPU for c in explanation.conflict))


def _chooses(pods: PodSet) -> bool:
    required = get(pods.spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return required is not None or any(key not in _COMMON for key in mapping(get(pods.spec, "nodeSelector")))


def _devices(pods: PodSet) -> list[str]:
    requests = pod_requests(pods.spec)
    return [device for device in ACCELERATORS if device in requests]


def _strange(pods: PodSet, conflict: tuple[Constraint, ...]) -> str:
    """The extended resource of a contradiction that Karpenter does not know, such as a MIG slice; ``""`` for none."""
    texts = [constraint.text for constraint in conflict if constraint.kind is _KIND.GPU]
    known = (*NATIVE, *KNOWN_RESOURCES)
    names = sorted(name for name in pod_requests(pods.spec) if name not in known and not name.startswith("hugepages-"))
    return next((name for name in names if any(text.endswith(f" {name}") for text in texts)), "")


def _other_nodes(cluster: Cluster, misfit: Misfit) -> str:
    """The fix for a device that no pool has."""
    pods = misfit.placement.pods
    device = next((each for each in _devices(pods) if not _somewhere(cluster.once(pools), each)), "")
    if not device:
        device = _strange(pods, misfit.verdict.conflict)
        instead = f"ask for whole GPUs (`{GPU}`)" if device.startswith("nvidia.com/") else "remove it"
        return f"Karpenter makes no node for a resource that it does not know: {instead}, or declare its nodes in nimfleet.toml"
    pool = next((pool for pool in cluster.once(pools) if pool.object is misfit.verdict.object), None)
    left = [types()[index] for index in members(pool.view.usable)] if pool is not None else []
    slices = sorted({each.family for each in left if each.gpu is not None and not each.gpu_count})
    family = _family(cluster, pods, device, slices[0].removesuffix("f") if slices else "")
    why = f"the GPUs of `{slices[0]}` are fractions, which Karpenter does not count: " if slices else ""
    return f"{why}allow an instance family that has `{device}`, such as {family}, or declare its nodes in nimfleet.toml"


def _family(cluster: Cluster, pods: PodSet, device: str, like: str) -> str:
    """The cheapest family whose GPUs run the model of a NIM, or a usual one; ``like`` where that is one of them."""
    service = cluster.once(services_by_pod).get((id(pods.owner), pods.name))
    if device == NVIDIA_GPU and service is not None:
        found = [each.family for each in types() if suits(service, each)]
        if found:
            return f"`{like if like in found else found[0]}`"
    return _FAMILIES[device]


def _has_default_selector(pods: PodSet) -> bool:
    """A NIMCache without nodeSelector: ``admission/nimcache-node-selector`` speaks of it."""
    return pods.owner.id.group == NIM and pods.owner.id.kind == "NIMCache" and "nodeSelector" not in pods.pointers


def _has_labels(conflict: tuple[Constraint, ...]) -> bool:
    return any(constraint.kind in _LABELS for constraint in conflict)


def _titled(verdict: PoolVerdict) -> str:
    return f"NodePool `{verdict.pool}`" if verdict.object is not None else f"node group `{verdict.pool}`"


def _is_minimum(explanation: Explanation) -> bool:
    """Whether nothing but a pool's minValues has to change."""
    return [constraint.kind for constraint in explanation.touched] == [_KIND.MIN_VALUES]


def _place(misfit: Misfit, conflict: tuple[Constraint, ...]) -> tuple[KubeObject, Pointer]:
    """A limit, where that is in the way; else what the pod itself says of it; else where it says which
    nodes it takes."""
    pods = misfit.placement.pods
    if misfit.reason is Reason.LIMIT:
        for constraint in conflict:
            if constraint.kind is _KIND.LIMIT and constraint.object is not None:
                return constraint.object, constraint.pointer
    if misfit.reason is Reason.TAINT and "tolerations" not in pods.pointers:
        taken = (*pods.pointer(""), "tolerations")
        if pods.owner.place(taken) != pods.owner.place(taken[:-1]):
            return pods.owner, taken  # a patch takes them away
    own = [constraint for constraint in conflict if constraint.object is pods.owner]
    explanation = misfit.verdict.explain()
    touched = explanation.touched
    if _is_minimum(explanation) and touched[0].object is not None:
        return touched[0].object, touched[0].pointer
    if touched and misfit.reason is not Reason.DEVICE and all(each.object is pods.owner for each in touched):
        return pods.owner, touched[0].pointer
    if misfit.reason in _ABOUT_RESOURCES:
        own.sort(key=lambda constraint: constraint.kind not in _RESOURCES)
    if own:
        return pods.owner, own[0].pointer
    order = ("nodeSelector", "affinity") if misfit.reason is Reason.SELECTOR else ("tolerations", "nodeSelector")
    part = next((part for part in order if part in pods.pointers), "")
    return pods.owner, pods.pointer(part)
