"""What a Kustomization's ``postBuild`` knows: the names of its variables, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.flux.graph import Graph, annotated
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject

STORES = "external-secrets.io"


@dataclass(frozen=True, slots=True)
class Origin:
    """An entry of ``substituteFrom``. ``found`` tells whether something here (or nimfleet.toml) answers to it; ``keys``
    are its keys, None when they are not known."""

    pointer: Pointer
    kind: str
    name: str
    optional: bool
    found: bool
    keys: frozenset[str] | None


def origins(cluster: Cluster, unit: Unit) -> Iterator[Origin]:
    """The entries of ``substituteFrom`` with a kind and a name."""
    namespace = unit.id.namespace
    for pointer, entry in items(unit.kustomization.value, "spec", "postBuild", "substituteFrom"):
        kind, name = text(entry.get("kind")), text(entry.get("name"))
        if kind in {"ConfigMap", "Secret"} and name:
            found, keys = _keys(cluster, kind, namespace, name)
            yield Origin(pointer, kind, name, entry.get("optional") is True, found, keys)


def names(unit: Unit) -> frozenset[str]:
    """The variables under ``substitute``."""
    return frozenset(map(str, mapping(get(unit.kustomization.value, "spec", "postBuild", "substitute"))))


def substitutes(unit: Unit, found: list[Origin]) -> bool:
    """Whether Flux fills in anything at all: not without a single variable, unless told to."""
    post_build = get(unit.kustomization.value, "spec", "postBuild")
    if not isinstance(post_build, dict):
        return False
    always = text(get(post_build, "substituteStrategy")) == "Always"
    return always or bool(names(unit)) or any(origin.keys for origin in found)


def substituted(graph: Graph, unit: Unit) -> Iterator[KubeObject]:
    """The objects in which Flux fills in variables; not CRDs, whose descriptions may show what variables look like."""
    return (
        item
        for item in graph.objects(unit)
        if item.id.kind != "CustomResourceDefinition" and annotated(item, "substitute").lower() != "disabled"
    )


def _keys(cluster: Cluster, kind: str, namespace: str, name: str) -> tuple[bool, frozenset[str] | None]:
    item = cluster.find("", kind, namespace, name)
    if item is not None:
        keys = {*mapping(get(item.value, "data")), *mapping(get(item.value, "stringData"))}
        return True, frozenset(map(str, keys))
    if kind == "Secret":
        for maker in cluster.kind(STORES, "ExternalSecret"):
            target = text(get(maker.value, "spec", "target", "name")) or maker.id.name
            if maker.id.namespace == namespace and target == name:
                return True, _external(get(maker.value, "spec"))
    entry = cluster.declared(kind, namespace, name)
    if entry is not None:
        return True, frozenset(entry.keys) or None
    return False, None


def _external(spec: Any) -> frozenset[str] | None:
    if sequence(get(spec, "dataFrom")) or sequence(get(spec, "target", "template", "templateFrom")):
        return None
    templated = mapping(get(spec, "target", "template", "data"))
    if templated:
        return frozenset(map(str, templated))
    return frozenset(text(entry.get("secretKey")) for _, entry in items(spec, "data"))
