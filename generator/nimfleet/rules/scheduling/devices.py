"""NodePools whose nodes need a device plugin."""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import GPU, NEURON
from nimfleet.cluster.pods.model import Role
from nimfleet.cluster.scheduling.nodes import ami_family
from nimfleet.cluster.scheduling.quantities import pod_requests
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.manifest.walk import get, text
from nimfleet.repository.model import KubeObject
from nimfleet.rules.scheduling.misfits import called

_AWS = "karpenter.k8s.aws"


def bare_pools(cluster: Cluster) -> tuple[tuple[KubeObject, str, str], ...]:
    """NodePools on which pods want devices that the AMI does not register by itself: the pool, the resource, and one of the
    pods in words; each pool and resource once. Use it through ``cluster.once``."""
    return tuple(_bare_pools(cluster))


def _bare_pools(cluster: Cluster) -> Iterator[tuple[KubeObject, str, str]]:
    seen: set[tuple[int, str]] = set()
    for placement in cluster.once(schedule).placements:
        if placement.pods.role is Role.DAEMON:
            continue
        requests = pod_requests(placement.pods.spec)
        for resource in (GPU, NEURON):
            if resource not in requests:
                continue
            for verdict in placement.verdicts:
                pool = verdict.object
                if pool is None or not verdict.offers or (id(pool), resource) in seen:
                    continue
                seen.add((id(pool), resource))
                if not _registers_itself(cluster, pool, resource):
                    yield pool, resource, called(placement.pods)


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
