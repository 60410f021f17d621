"""NodePools whose limits are too low for their pods, and by how many pods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import Role
from nimfleet.cluster.scheduling.model import Placement
from nimfleet.cluster.scheduling.quantities import CPU, pod_requests, written
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.repository.model import KubeObject


@dataclass(frozen=True, slots=True, eq=False)
class Shortage:
    """``wanted`` is what the nodes for all pods at their maximum have of ``resource``, ``allowed`` the limit; both as people
    write them. ``users`` are the pods at their maximum, the largest first. ``usual`` says that not even the usual number of
    pods fits."""

    pool: KubeObject
    resource: str
    wanted: str
    allowed: str
    users: tuple[str, ...]
    usual: bool


def shortages(cluster: Cluster) -> tuple[Shortage, ...]:
    """All limits that are too low. Use it through ``cluster.once``."""
    return tuple(_shortages(cluster))


def _shortages(cluster: Cluster) -> Iterator[Shortage]:
    plan = cluster.once(schedule)
    pools = {pool.id.name: pool for pool in cluster.kind("karpenter.sh", "NodePool")}
    for name, resources in plan.over_limit.items():
        if name not in pools:
            continue  # a node group of nimfleet.toml
        users = [placement for placement in plan.placements if _lands_on(placement, name)]
        for resource, (wanted, allowed) in resources.items():
            unit = 1000 if resource == CPU else 1
            ordered = sorted(users, key=lambda user: (-_most(user, resource), user.pods.name))
            yield Shortage(
                pool=pools[name],
                resource=resource,
                wanted=written(resource, int(wanted * unit)),
                allowed=written(resource, int(allowed * unit)),
                users=tuple(
                    f"{user.pods.replicas.maximum} x {user.pods.name} with "
                    f"{written(resource, _request(user, resource))}"
                    for user in ordered
                    if _most(user, resource)
                ),
                usual=resource in plan.over_usual.get(name, {}),
            )


def _lands_on(placement: Placement, pool: str) -> bool:
    return placement.pods.role is not Role.JOB and placement.chosen is not None and placement.chosen[0].pool == pool


def _request(placement: Placement, resource: str) -> int:
    return pod_requests(placement.pods.spec).get(resource, 0)


def _most(placement: Placement, resource: str) -> int:
    return placement.pods.replicas.maximum * _request(placement, resource)
