"""Custom resources whose CRDs nothing in the cluster brings.

Only groups are looked at that well-known charts bring, and only where every chart of the cluster is known: any other may
bring CRDs of anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.cluster.charts import KNOWN_GROUPS, MONITORING, charts_of
from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.references.brought import releases
from nimfleet.cluster.references.made import services_of
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, text
from nimfleet.repository.model import KubeObject


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """The first object that needs a CRD which nothing brings, and where it asks for that (its kind, or the setting with which
    its controller makes an object of ``kind``). ``charts`` are those of which one brings the CRD, ``others`` are further objects
    that need one of them."""

    item: KubeObject
    pointer: Pointer
    kind: str
    charts: tuple[str, ...]
    others: tuple[KubeObject, ...]


def missing(cluster: Cluster) -> tuple[Missing, ...]:
    """One for each chart that is not there; for :meth:`Cluster.once`."""
    graph = graph_of(cluster)
    absent = cluster.once(absent_groups)
    found: dict[tuple[str, ...], list[tuple[KubeObject, Pointer, str]]] = {}
    for unit in graph.units.values():
        for item in graph.objects(unit):
            group = item.id.group
            if group in absent:
                found.setdefault(charts_of(group), []).append((item, ("kind",), item.id.kind))
            elif MONITORING in absent and group == "apps.nvidia.com":
                for pointer in _monitored(item):
                    found.setdefault(charts_of(MONITORING), []).append((item, pointer, "ServiceMonitor"))
    return tuple(
        Missing(*first, charts, tuple(dict.fromkeys(item for item, _, _ in rest if item is not first[0])))
        for charts, (first, *rest) in found.items()
    )


def absent_groups(cluster: Cluster) -> frozenset[str]:
    """The API groups of well-known charts that nothing here brings, as far as that is sure; for :meth:`Cluster.once`.

    A release of the chart that leaves its CRDs out is another fault than one that is not there."""
    graph = graph_of(cluster)
    whole = cluster.world is World.COMPLETE and not cluster.kind("fluxcd.controlplane.io", "ResourceSet")
    if not whole or not graph.units or any(not release.known for release in cluster.once(releases)):
        return frozenset()
    installed = set(graph.charts.values())
    there = {group for group, _ in graph.crds}
    if any(_auto_mode(pool) for pool in cluster.kind("karpenter.sh", "NodePool")):
        there.add("karpenter.sh")  # EKS brings it
    return frozenset(
        group
        for group in KNOWN_GROUPS
        if group not in there and not graph.is_served(group) and installed.isdisjoint(charts_of(group))
    )


def _auto_mode(pool: KubeObject) -> bool:
    """Whether a NodePool is for EKS Auto Mode."""
    return text(get(pool.value, "spec", "template", "spec", "nodeClassRef", "group")) == "eks.amazonaws.com"


def _monitored(item: KubeObject) -> Iterator[Pointer]:
    """Where services of a NIMService or NIMPipeline ask for a ServiceMonitor. The operator makes it before the Deployment, and
    stops when it cannot (NVIDIA k8s-nim-operator 3.1.2, ``internal/controller/platform/standalone/nimservice.go``)."""
    if not any(get(spec, "metrics", "enabled") is True for _, spec in services_of(item)):
        return
    if item.id.kind == "NIMService":
        yield ("spec", "metrics")
        return
    for pointer, service in items(item.value, "spec", "services"):
        made = service.get("enabled") is True and bool(text(service.get("name")))
        if made and get(service, "spec", "metrics", "enabled") is True:
            yield (*pointer, "spec", "metrics")
