"""Objects that nothing makes wait for their namespace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.cluster.flux.graph import Graph
from nimfleet.cluster.model import Unit
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, text
from nimfleet.repository.model import KubeObject


@dataclass(frozen=True, slots=True, eq=False)
class Late:
    """The first object of a Kustomization in a namespace (or a HelmRelease that installs into it, then ``pointer`` is
    its ``targetNamespace``), and the Kustomization that creates that."""

    unit: Unit
    item: KubeObject
    pointer: Pointer
    namespace: KubeObject
    owner: Unit


def late(graph: Graph) -> Iterator[Late]:
    """At most one for each Kustomization and namespace; not where one that comes before lacks the same order."""
    found = list(_late(graph))
    faulty = {(entry.unit, entry.owner) for entry in found}
    for entry in found:
        if entry.unit in graph.unresolved:
            continue
        if not any(
            (other, entry.owner) in faulty or other in graph.unresolved for other in graph.before(entry.unit).ready
        ):
            yield entry


def _late(graph: Graph) -> Iterator[Late]:
    created = {
        text(get(release.value, "spec", "targetNamespace"))
        for release in graph.charts
        if get(release.value, "spec", "install", "createNamespace") is True
    }
    for unit in graph.units.values():
        seen: set[str] = set(created)
        for item in graph.objects(unit):
            names: list[tuple[str, Pointer]] = [(item.id.namespace, ("metadata", "namespace"))]
            if item in graph.charts:
                names.append((text(get(item.value, "spec", "targetNamespace")), ("spec", "targetNamespace")))
            for name, pointer in names:
                if not name or name in seen:
                    continue
                seen.add(name)
                namespace = graph.cluster.find("", "Namespace", "", name)
                if namespace is not None and not graph.exists_before(unit, namespace):
                    yield Late(unit, item, pointer, namespace, graph.units_of(namespace)[0])
