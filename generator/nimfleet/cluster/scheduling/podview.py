"""What the scheduler looks at of a pod, apart from whose pod it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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

PREFERRED: Pointer = ("affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
"""Where preferences are in a PodSpec."""
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
    attempts: tuple[PodView, ...] = ()
    """The same pod as Karpenter tries it one way after the other, each with one alternative and at most one preference of
    its node affinity as musts. Empty where there is but one way."""


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
    others = (*_selector(spec), *given.more, *_resources(requests))
    elsewhere = (
        bool(text(spec.get("nodeName")))
        or text(spec.get("schedulerName")) not in ("", "default-scheduler")
        or bool(sequence(spec.get("resourceClaims")))
    )
    extended = frozenset(name for name in requests if name not in NATIVE and not name.startswith("hugepages-"))
    tolerations = tolerations_of(spec)

    def view(*atoms: Atom, attempts: tuple[PodView, ...] = ()) -> PodView:
        return PodView((*atoms, *others), requests, tolerations, elsewhere, extended, attempts)

    return view(*_affinity(spec), attempts=tuple(view(*atoms) for atoms in _attempts(spec)))


def _attempts(spec: Mapping[str, Any]) -> Iterator[tuple[Atom, ...]]:
    """Node affinities in Karpenter's order: each alternative with the heaviest preference, and then the last alternative with
    the lighter ones and without any.

    Source: sigs.k8s.io/karpenter 1.14 pkg/controllers/provisioning/scheduling/preferences.go (Relax takes alternatives away
    before preferences).
    """
    preferred = _preferred(spec)
    terms = _alternatives(spec)
    if not preferred and len(terms) < 2:
        return
    alternatives = terms or [()]
    heaviest, *lighter = [*preferred, ()]
    for term in alternatives:
        yield (*term, *heaviest)
    for preference in lighter:
        yield (*alternatives[-1], *preference)


def _alternatives(spec: Mapping[str, Any]) -> list[tuple[Atom, ...]]:
    required = get(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return [_wishes("alternative", term) for term in node_terms(get(required, "nodeSelectorTerms"))]


def _preferred(spec: Mapping[str, Any]) -> list[tuple[Atom, ...]]:
    ordered = sorted(sequence(get(spec, *PREFERRED)), key=lambda each: -integer(get(each, "weight")))
    found = []
    for preference in ordered:
        wishes = [read(each) for each in sequence(get(preference, "preference", "matchExpressions"))]
        found.append(_wishes("preference", [wish for wish in wishes if wish is not None]))
    return found


def _wishes(words: str, wishes: Iterable[tuple[str, Requirement]]) -> tuple[Atom, ...]:
    return tuple(
        Atom(ConstraintKind.AFFINITY, f"{words} {key} {wish}", Side.POD, ("affinity",), "", key, wish)
        for key, wish in wishes
    )


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
                f"node affinity ({' or '.join(term_words(term) for term in terms)})",
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


def term_words(term: tuple[tuple[str, Requirement], ...]) -> str:
    """One alternative as people read it."""
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
