"""Zones in which a pod must run because a volume of its is there.

Sources: sigs.k8s.io/karpenter 1.14 pkg/controllers/provisioning/scheduling/volumetopology.go (claims that are bound follow their
PersistentVolume's node affinity, others their StorageClass's allowedTopologies).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM
from nimfleet.cluster.pods.model import PodSet
from nimfleet.cluster.pods.nim import claim_name
from nimfleet.cluster.scheduling.atoms import Alternatives, Atom, Side
from nimfleet.cluster.scheduling.labels import normal
from nimfleet.cluster.scheduling.model import ConstraintKind
from nimfleet.cluster.scheduling.podview import node_terms
from nimfleet.cluster.scheduling.requirement import one_of
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject

_ZONE = ConstraintKind.ZONE
_STORAGE = "storage.k8s.io"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
Claim = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True, slots=True, eq=False)
class ClaimFacts:
    """What is known of a claim: its class (None: the cluster's default) and the volume that it names."""

    storage_class: str | None
    volume: str


def claims(cluster: Cluster) -> Mapping[Claim, ClaimFacts]:
    """PersistentVolumeClaims, and those that the NIM operator creates. Used as ``cluster.once(claims)``."""
    found: dict[Claim, ClaimFacts] = {}
    for item in cluster.kind("", "PersistentVolumeClaim"):
        found[item.id.namespace or "default", item.id.name] = _facts(get(item.value, "spec"))
    for kind in ("NIMCache", "NIMService"):
        for item in cluster.kind(NIM, kind):
            pvc = get(item.value, "spec", "storage", "pvc")
            if get(pvc, "create") is True:
                name = (item.id.namespace or "default", claim_name(pvc, item.id.name))
                found.setdefault(name, ClaimFacts(text(get(pvc, "storageClass")) or None, ""))
    return found


def _facts(spec: Any) -> ClaimFacts:
    given = get(spec, "storageClassName")
    return ClaimFacts(given if isinstance(given, str) else None, text(get(spec, "volumeName")))


def volume_wishes(cluster: Cluster, pods: PodSet) -> tuple[tuple[Atom, ...], tuple[KubeObject, ...]]:
    """Constraints that the pod's volumes bring, and the objects in which they are written, to which ``Atom.volume`` counts."""
    atoms: list[Atom] = []
    objects: list[KubeObject] = []
    for name, facts in _claims_of(cluster, pods):
        for item, words, pointer, terms in _topology(cluster, facts):
            number = len(objects)
            title = f"{words} of the volume {name}"
            objects.append(item)
            if len(terms) > 1:
                atoms.append(Atom(_ZONE, title, Side.VOLUME, pointer, terms=terms, volume=number))
                continue
            for key, wish in terms[0]:
                atoms.append(Atom(_ZONE, title, Side.VOLUME, pointer, key=key, requirement=wish, volume=number))
    return tuple(atoms), tuple(objects)


def _merged(terms: Alternatives) -> Alternatives:
    """Terms that each list values of the same one label are one term with all of them."""
    keys = {key for term in terms for key, _ in term}
    simple = all(len(term) == 1 and not term[0][1].complement and not term[0][1].absent for term in terms)
    if len(keys) != 1 or not simple:
        return terms
    return (((next(iter(keys)), one_of(value for term in terms for value in term[0][1].values)),),)


def _claims_of(cluster: Cluster, pods: PodSet) -> Iterator[tuple[str, ClaimFacts]]:
    """The claims that the pods mount, as far as they are known: by name, their own, and those of a StatefulSet."""
    for _, volume in items(pods.spec, "volumes"):
        name = text(get(volume, "persistentVolumeClaim", "claimName"))
        facts = cluster.once(claims).get((pods.namespace, name)) if name else None
        if facts is not None:
            yield name, facts
        own = get(volume, "ephemeral", "volumeClaimTemplate", "spec")
        if own is not None:
            yield text(volume.get("name")), _facts(own)
    if pods.owner.id.kind == "StatefulSet":
        for _, template in items(pods.owner.value, "spec", "volumeClaimTemplates"):
            yield text(get(template, "metadata", "name")), _facts(template.get("spec"))


def _topology(cluster: Cluster, facts: ClaimFacts) -> Iterator[tuple[KubeObject, str, Pointer, Alternatives]]:
    if facts.volume:
        volume = cluster.find("", "PersistentVolume", "", facts.volume)
        pointer: Pointer = ("spec", "nodeAffinity", "required", "nodeSelectorTerms")
        terms = _merged(node_terms(get(volume.value, *pointer))) if volume is not None else ()
        if volume is not None and terms:
            yield volume, f"node affinity {_words(terms)} of PersistentVolume {facts.volume}", pointer, terms
        return
    found = _class(cluster, facts.storage_class)
    if found is not None:
        pointer = ("allowedTopologies",)
        terms = _merged(_allowed(get(found.value, "allowedTopologies")))
        if terms:
            yield found, f"allowedTopologies {_words(terms)} of StorageClass {found.id.name}", pointer, terms


def _class(cluster: Cluster, name: str | None) -> KubeObject | None:
    if name is not None:
        return cluster.find(_STORAGE, "StorageClass", "", name)
    for item in cluster.kind(_STORAGE, "StorageClass"):
        if mapping(get(item.value, "metadata", "annotations")).get(_DEFAULT) == "true":
            return item
    return None


def _allowed(value: Any) -> Alternatives:
    terms = []
    for term in sequence(value):
        wishes = tuple(
            (normal(key), one_of(map(str, sequence(expression.get("values")))))
            for _, expression in items(term, "matchLabelExpressions")
            if (key := text(expression.get("key")))
        )
        if wishes:
            terms.append(wishes)
    return tuple(terms)


def _words(terms: Alternatives) -> str:
    return " or ".join(" and ".join(f"{key} {requirement}" for key, requirement in term) for term in terms)
