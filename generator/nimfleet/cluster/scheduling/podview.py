"""What the scheduler looks at of a pod, apart from whose pod it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from nimfleet.cluster.scheduling.atoms import Alternatives, Atom, Side
from nimfleet.cluster.scheduling.labels import ARCH, ZONE
from nimfleet.cluster.scheduling.model import ConstraintKind
from nimfleet.cluster.scheduling.nodes import ACCELERATORS
from nimfleet.cluster.scheduling.quantities import CPU, EPHEMERAL, MEMORY, PODS, pod_requests, written
from nimfleet.cluster.scheduling.requirement import Requirement, from_labels, read
from nimfleet.cluster.scheduling.taints import tolerations_of
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, mapping, sequence, text

NATIVE = frozenset({CPU, MEMORY, EPHEMERAL, PODS})
_KINDS = {
    CPU: ConstraintKind.CPU,
    MEMORY: ConstraintKind.MEMORY,
    EPHEMERAL: ConstraintKind.EPHEMERAL_STORAGE,
    PODS: ConstraintKind.PODS,
}
_LABEL_KINDS = {ZONE: ConstraintKind.ZONE, ARCH: ConstraintKind.ARCHITECTURE}


@dataclass(frozen=True, slots=True, eq=False)
class PodView:
    """A pod, ready to be asked. ``atoms`` are its wishes; ``requests`` what it takes of a node, ``pods: 1`` included."""

    atoms: tuple[Atom, ...]
    requests: Mapping[str, int]
    tolerations: tuple[Any, ...]
    elsewhere: bool
    """Another scheduler, a node by name, or devices by ResourceClaim, of which Karpenter knows nothing."""
    extended: frozenset[str]
    """Resources that it asks for and that Kubernetes itself does not know."""
    preferred: tuple[PodView, ...] = ()
    """The same pod with one preferred node affinity as a must, the heaviest first."""


@cache
def anyone() -> PodView:
    """A pod that asks for nothing but a place, and tolerates everything."""
    return PodView(tuple(_resources({PODS: 1})), {PODS: 1}, ({"operator": "Exists"},), False, frozenset())


@dataclass(frozen=True, slots=True)
class _Spec:
    """Carries a PodSpec to the cache; the key next to it says what it holds."""

    value: Mapping[str, Any] = field(compare=False)
    more: tuple[Atom, ...] = field(compare=False)


def pod_view(spec: Mapping[str, Any], more: tuple[Atom, ...] = ()) -> PodView:
    """The view of a PodSpec; ``more`` are wishes that come with its volumes. Pods that ask for the same share one view."""
    containers = [
        [(get(container, "resources"), get(container, "restartPolicy")) for container in sequence(spec.get(part))]
        for part in ("containers", "initContainers")
    ]
    key = repr(
        (
            spec.get("nodeSelector"),
            get(spec.get("affinity"), "nodeAffinity"),
            spec.get("resourceClaims"),
            spec.get("tolerations"),
            containers,
            spec.get("resources"),
            spec.get("overhead"),
            spec.get("nodeName"),
            spec.get("schedulerName"),
            more,
        )
    )
    return _view(key, _Spec(spec, more))


@lru_cache(maxsize=16384)
def _view(key: str, given: _Spec) -> PodView:
    del key
    spec = given.value
    requests = pod_requests(spec)
    atoms = (*_selector(spec), *_affinity(spec), *given.more, *_resources(requests))
    elsewhere = (
        bool(text(spec.get("nodeName")))
        or text(spec.get("schedulerName")) not in ("", "default-scheduler")
        or bool(sequence(spec.get("resourceClaims")))
    )
    extended = frozenset(name for name in requests if name not in NATIVE and not name.startswith("hugepages-"))
    preferred = tuple(
        PodView((*atoms, *wishes), requests, tolerations_of(spec), elsewhere, extended) for wishes in _preferred(spec)
    )
    return PodView(atoms, requests, tolerations_of(spec), elsewhere, extended, preferred)


def _preferred(spec: Mapping[str, Any]) -> list[tuple[Atom, ...]]:
    preferences = get(spec, "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
    ordered = sorted(sequence(preferences), key=lambda each: -integer(get(each, "weight")))
    found = []
    for preference in ordered:
        wishes = [read(each) for each in sequence(get(preference, "preference", "matchExpressions"))]
        found.append(
            tuple(
                Atom(ConstraintKind.AFFINITY, f"preference {wish[0]} {wish[1]}", Side.POD, ("affinity",), "", *wish)
                for wish in wishes
                if wish is not None
            )
        )
    return found


def _selector(spec: Mapping[str, Any]) -> list[Atom]:
    selector = mapping(spec.get("nodeSelector"))
    return [
        Atom(
            _LABEL_KINDS.get(normal, ConstraintKind.SELECTOR),
            f"nodeSelector {key}={selector[key]}",
            Side.POD,
            ("nodeSelector", key),
            remedy=f"remove the nodeSelector {key}",
            key=normal,
            requirement=requirement,
        )
        for key, normal, requirement in from_labels(selector)
    ]


def _affinity(spec: Mapping[str, Any]) -> list[Atom]:
    required = get(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    where: Pointer = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    terms = node_terms(get(required, "nodeSelectorTerms"))
    if len(terms) > 1:
        return [
            Atom(
                ConstraintKind.AFFINITY,
                f"node affinity ({' or '.join(_term_words(term) for term in terms)})",
                Side.POD,
                where,
                remedy="remove the required node affinity",
                terms=terms,
            )
        ]
    atoms = []
    for index, term in enumerate(sequence(get(required, "nodeSelectorTerms"))):
        for number, expression in enumerate(sequence(get(term, "matchExpressions"))):
            found = read(expression)
            if found is not None:
                key, requirement = found
                atoms.append(
                    Atom(
                        _LABEL_KINDS.get(key, ConstraintKind.AFFINITY),
                        f"node affinity {key} {requirement}",
                        Side.POD,
                        (*where, index, "matchExpressions", number),
                        remedy=f"remove the node affinity for {key}",
                        key=key,
                        requirement=requirement,
                    )
                )
    return atoms


def node_terms(value: Any) -> Alternatives:
    """``nodeSelectorTerms`` as alternatives. A term without expressions matches nothing in Kubernetes and is left out; one that
    only has fields, which name single nodes, is taken for one that asks for nothing, as Karpenter does."""
    terms = []
    for term in sequence(value):
        found = [read(expression) for expression in sequence(get(term, "matchExpressions"))]
        if found or sequence(get(term, "matchFields")):
            terms.append(tuple(each for each in found if each is not None))
    return tuple(terms)


def _term_words(term: tuple[tuple[str, Requirement], ...]) -> str:
    return " and ".join(f"{key} {requirement}" for key, requirement in term)


def _resources(requests: Mapping[str, int]) -> list[Atom]:
    atoms = []
    for resource, wanted in sorted(requests.items()):
        kind = _KINDS.get(resource, ConstraintKind.GPU)
        if resource == PODS:
            words = "room for one more pod"
        else:
            words = f"request of {written(resource, wanted)} {resource}"
        atoms.append(Atom(kind, words, Side.POD, ("resources",), resource=resource, amount=wanted))
    # Accelerators first: they are what people choose a pool for.
    return sorted(atoms, key=lambda atom: atom.resource not in ACCELERATORS)
