"""What Flux makes of the repository: order, references and paths of Kustomizations and HelmReleases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nimfleet.cluster.flux.graph import Graph, graph_of
from nimfleet.cluster.model import Cluster, Unit, World
from nimfleet.repository.model import KubeObject
from nimfleet.suggest import nearest

_FEW = 3


def short(item: KubeObject) -> str:
    """``Kustomization apps``."""
    return f"{item.id.kind} {item.id.name}"


def listed(names: Iterable[str]) -> str:
    """``a, b and 2 more``; each name once."""
    unique = list(dict.fromkeys(names))
    if len(unique) <= _FEW:
        return ", ".join(unique[:-1]) + (" and " if len(unique) > 1 else "") + unique[-1] if unique else ""
    return f"{', '.join(unique[:_FEW])} and {len(unique) - _FEW} more"


def closed(cluster: Cluster) -> bool:
    """Whether what is not among the objects does not exist: nothing comes from elsewhere."""
    return cluster.world is World.COMPLETE and not cluster.kind("fluxcd.controlplane.io", "ResourceSet")


def may_be_patched(cluster: Cluster, unit: Unit) -> bool:
    """Whether a Kustomization that is not among the files may change this one: many repositories have one that gives all
    others decryption and variables."""
    return cluster.world is World.PART and not graph_of(cluster).units_of(unit.kustomization)


def units(graph: Graph) -> Iterator[Unit]:
    """The Kustomizations whose objects are known."""
    return (unit for unit in graph.units.values() if unit.built)


def elsewhere(
    cluster: Cluster, candidates: Iterable[KubeObject], namespace: str, name: str, by: KubeObject | None = None
) -> str:
    """What ``by`` probably means by ``namespace/name`` among other objects of the right kind; ``""`` when nothing is near.

    That one of the name is in another namespace says nothing where only a part is in view."""
    here: list[str] = []
    for item in candidates:
        if item is by:
            continue
        if item.id.name == name and item.id.namespace != namespace:
            if cluster.world is World.PART:
                continue
            return f"there is one in namespace `{item.id.namespace}`: write `namespace: {item.id.namespace}`"
        if item.id.namespace == namespace:
            here.append(item.id.name)
    near = nearest(name, here)
    return f"did you mean `{near}`?" if near else ""
