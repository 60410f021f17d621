"""The pools of a cluster: its NodePools with their node classes, and the node groups that nimfleet.toml declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.catalog.allocatable import VM_MEMORY_OVERHEAD
from nimfleet.cluster.helm.releases import releases
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.charts import chart_daemons
from nimfleet.cluster.pods.expand import pod_sets
from nimfleet.cluster.pods.model import Role
from nimfleet.cluster.scheduling.labels import NODEPOOL
from nimfleet.cluster.scheduling.nodes import NodeSettings, node_settings
from nimfleet.cluster.scheduling.podview import PodView, pod_view
from nimfleet.cluster.scheduling.pools import PoolView, node_group, node_pool
from nimfleet.manifest.walk import get, mapping, text
from nimfleet.repository.model import KubeObject

KARPENTER = "karpenter.sh"
AWS = "karpenter.k8s.aws"
MANY = 20
"""Pools from which not each is held against each pod."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A pool of this cluster: its view, its NodePool (None for a node group) and its EC2NodeClass (None where it is not
    among the objects)."""

    view: PoolView
    object: KubeObject | None
    node_class: KubeObject | None


def pools(cluster: Cluster) -> tuple[Pool, ...]:
    """All pools, NodePools first, each by name. Used as ``cluster.once(pools)``."""
    daemons = cluster.once(daemon_views)
    overhead = vm_memory_overhead(cluster)
    overlaid = frozenset(
        str(name)
        for item in cluster.kind(KARPENTER, "NodeOverlay")
        for name in mapping(get(item.value, "spec", "capacity"))
    )
    strict = karpenter_setting(cluster, "minValuesPolicy") != "BestEffort"
    found = []
    for item in cluster.kind(KARPENTER, "NodePool"):
        value = item.value
        reference = get(value, "spec", "template", "spec", "nodeClassRef")
        node_class, settings = _node_class(cluster, reference, overhead)
        found.append(Pool(node_pool(item.id.name, value, settings, daemons, overlaid, strict), item, node_class))
    found.sort(key=lambda pool: pool.view.name)
    groups = sorted(cluster.node_groups, key=lambda group: group.name)
    return (*found, *(Pool(node_group(group, daemons), None, None) for group in groups))


def unlike(cluster: Cluster) -> tuple[Pool, ...]:
    """Of pools that say the same but for their names the first; node groups all. Used as ``cluster.once(unlike)``."""
    first: dict[str, Pool] = {}
    for pool in cluster.once(pools):
        key = pool.view.name if pool.object is None else repr(get(pool.object.value, "spec"))
        first.setdefault(key, pool)
    return tuple(first.values())


def candidates(cluster: Cluster, spec: Any) -> tuple[Pool, ...]:
    """The pools that tell where a pod with this PodSpec can run, or best why not.

    These are all; where there are very many, and the pod selects a NodePool by its name, those of this name, or else one of
    each sort.
    """
    known = cluster.once(pools)
    name = get(spec, "nodeSelector", NODEPOOL)
    if len(known) < MANY or not isinstance(name, str):
        return known
    named = cluster.once(_by_name).get(name, ())
    return named or cluster.once(unlike)


def _by_name(cluster: Cluster) -> Mapping[str, tuple[Pool, ...]]:
    found: dict[str, tuple[Pool, ...]] = {}
    for pool in cluster.once(pools):
        found[pool.view.name] = (*found.get(pool.view.name, ()), pool)
    return found


def daemon_views(cluster: Cluster) -> tuple[PodView, ...]:
    """What runs on every node that it tolerates and selects: DaemonSets of the repository, of charts, and of EKS."""
    own = (pods.spec for pods in cluster.once(pod_sets) if pods.role is Role.DAEMON)
    charts = (pods.spec for pods in cluster.once(chart_daemons))
    return tuple(pod_view(spec) for spec in (*EKS_DAEMONS, *own, *charts))


_EVERYWHERE: list[Mapping[str, Any]] = [{"operator": "Exists"}]
EKS_DAEMONS: tuple[Mapping[str, Any], ...] = (
    {
        "tolerations": _EVERYWHERE,
        "containers": [
            {"name": "aws-node", "resources": {"requests": {"cpu": "25m"}}},
            {"name": "aws-eks-nodeagent", "resources": {"requests": {"cpu": "25m"}}},
        ],
    },
    {"tolerations": _EVERYWHERE, "containers": [{"name": "kube-proxy", "resources": {"requests": {"cpu": "100m"}}}]},
)
"""DaemonSets that every EKS cluster has: VPC CNI (aws-vpc-cni chart 1.20: ``resources`` of both containers) and
kube-proxy (EKS add-on)."""


def _node_class(cluster: Cluster, reference: Any, overhead: float) -> tuple[KubeObject | None, NodeSettings | None]:
    """The node class that a NodePool names, and its settings: defaults where it is not here, None where it is not
    Karpenter's own for AWS."""
    kind = text(get(reference, "kind")) or "EC2NodeClass"
    if kind != "EC2NodeClass" or text(get(reference, "group")) not in ("", AWS):
        return None, None
    node_class = cluster.find(AWS, "EC2NodeClass", "", text(get(reference, "name")))
    if node_class is None:
        return None, NodeSettings(family="", volume=None, overhead=overhead)
    return node_class, node_settings(node_class.value, overhead)


def karpenter_setting(cluster: Cluster, name: str) -> Any:
    """A value under ``settings`` of the release of Karpenter; None where there is none, or where it does not say."""
    for release in releases(cluster):
        if release.chart == "karpenter" or (not release.chart and release.object.id.name == "karpenter"):
            return release.value("settings", name)
    return None


def vm_memory_overhead(cluster: Cluster) -> float:
    """``settings.vmMemoryOverheadPercent`` of Karpenter; the chart's default where nothing says otherwise."""
    given = karpenter_setting(cluster, "vmMemoryOverheadPercent")
    try:
        percent = float(given) if isinstance(given, str | int | float) else VM_MEMORY_OVERHEAD
    except ValueError:
        return VM_MEMORY_OVERHEAD
    return percent if 0 <= percent < 1 else VM_MEMORY_OVERHEAD
