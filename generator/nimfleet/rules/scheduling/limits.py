"""NodePools whose limits are too low for their pods, and by how many pods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import Role
from nimfleet.cluster.scheduling.model import Placement
from nimfleet.cluster.scheduling.quantities import CPU, pod_requests, written
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject


@dataclass(frozen=True, slots=True, eq=False)
class Shortage:
    """``title`` is a NodePool or a declared node group in words; ``object`` and ``pointer`` where its limit is written or, of a
    node group, the replicas of its largest user. ``wanted`` is what the nodes for all pods at their maximum have of
    ``resource``, ``allowed`` the limit; both as people write them. ``users`` are the pods at their maximum, the largest first.
    ``usual`` says that not even the usual number of pods fits."""

    title: str
    object: KubeObject
    pointer: Pointer
    resource: str
    wanted: str
    allowed: str
    users: tuple[str, ...]
    usual: bool


def shortages(cluster: Cluster) -> tuple[Shortage, ...]:
    """All limits that are too low. Use it through ``cluster.once``."""
    return tuple(_shortages(cluster))


def need(shortage: Shortage) -> str:
    """What is too little, and the change that mends it, as a clause that goes on."""
    allowed, wanted = shortage.allowed, shortage.wanted
    if shortage.resource == "nodes":
        name = "`nodes`" if shortage.title.startswith("NodePool") else "`maxNodes`"
        return f"{wanted} nodes, and at most {allowed} are allowed: raise {name} to {wanted}"
    return f"nodes with {wanted} {shortage.resource}, and its limit is {allowed}: raise the limit to {wanted}"


def _shortages(cluster: Cluster) -> Iterator[Shortage]:
    plan = cluster.once(schedule)
    pools = {pool.id.name: pool for pool in cluster.kind("karpenter.sh", "NodePool")}
    for name, resources in plan.over_limit.items():
        users = [placement for placement in plan.placements if _lands_on(placement, name)]
        for resource, (wanted, allowed) in resources.items():
            unit = 1000 if resource == CPU else 1
            ordered = sorted(users, key=lambda user: (-_most(user, resource), user.pods.name))
            pointer: Pointer
            if name in pools:
                title, item, pointer = f"NodePool `{name}`", pools[name], ("spec", "limits", resource)
            elif ordered:
                pods = ordered[0].pods
                title, item, pointer = f"node group `{name}`", pods.owner, pods.pointer("replicas")
            else:
                continue
            yield Shortage(
                title=title,
                object=item,
                pointer=pointer,
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
