"""NodePools whose nodes need a device plugin."""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import GPU, NEURON
from nimfleet.cluster.scheduling.gather import Pool, pools
from nimfleet.cluster.scheduling.nodes import ami_family
from nimfleet.cluster.scheduling.quantities import pod_requests
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.cluster.scheduling.universe import members
from nimfleet.manifest.walk import get, text
from nimfleet.repository.model import KubeObject
from nimfleet.rules.scheduling.misfits import called

_AWS = "karpenter.k8s.aws"


def bare_pools(cluster: Cluster) -> tuple[tuple[KubeObject, str, str], ...]:
    """NodePools whose nodes have devices that the AMI does not register by itself: those on which pods want them, and
    those that have nothing else. The pool, the resource, and one of those pods in words (``""`` for none); each pool and
    resource once. Use it through ``cluster.once``."""
    return tuple(_bare_pools(cluster))


def _bare_pools(cluster: Cluster) -> Iterator[tuple[KubeObject, str, str]]:
    users: dict[tuple[int, str], str] = {}
    for placement in cluster.once(schedule).placements:
        requests = pod_requests(placement.pods.spec)
        for resource in (GPU, NEURON):
            if resource in requests:
                for verdict in placement.verdicts:
                    if verdict.offers:
                        users.setdefault((id(verdict.object), resource), called(placement.pods))
    for pool in cluster.once(pools):
        if pool.object is None:
            continue
        for resource in (GPU, NEURON):
            user = users.get((id(pool.object), resource))
            if (user or has_only(pool, resource)) and not _registers_itself(cluster, pool.object, resource):
                yield pool.object, resource, user or ""


def has_only(pool: Pool, resource: str) -> bool:
    """Whether every instance type of the pool has the device."""
    sizes = [pool.view.sizes[index].get(resource, 0) for index in members(pool.view.usable)]
    return bool(sizes) and all(sizes)


def _registers_itself(cluster: Cluster, pool: KubeObject, resource: str) -> bool:
    """Whether the AMI brings the plugin, or may: Bottlerocket has NVIDIA's, and of AMIs chosen by id nothing
    is known."""
    reference = get(pool.value, "spec", "template", "spec", "nodeClassRef")
    if text(get(reference, "group")) not in ("", _AWS):
        return True  # EKS Auto Mode, or another provider
    node_class = cluster.find(_AWS, "EC2NodeClass", "", text(get(reference, "name")))
    if node_class is None:
        return False
    family = ami_family(get(node_class.value, "spec"))
    return family in ("Custom", "Windows") or (family == "Bottlerocket" and resource == GPU)
