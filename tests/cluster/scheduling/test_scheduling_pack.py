"""Packing: every node holds what is put on it, whatever the pods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.fit import judge
from nimfleet.cluster.scheduling.gather import pools
from nimfleet.cluster.scheduling.pack import Group, Node, Packed, pack, remaining
from nimfleet.cluster.scheduling.podview import pod_view

Object = dict[str, Any]
Make = Callable[..., Any]
FAMILY = "karpenter.k8s.aws/instance-family"
PODS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from([0, 0, 1, 2, 3, 8]),
        st.sampled_from([100, 900, 3500, 20000]),
        st.sampled_from([1, 10, 100]),
        st.booleans(),
        st.sampled_from([None, "a", "b"]),
    ),
    max_size=6,
)
LIMITS = st.sampled_from([{}, {"nvidia.com/gpu": 6}, {"cpu": 60}, {"nodes": 3}])


def requests(gpus: int, cpu: int, memory: int) -> Object:
    wanted: Object = {"cpu": f"{cpu}m", "memory": f"{memory}Gi"}
    return {**wanted, "nvidia.com/gpu": gpus} if gpus else wanted


def packed(clusters: Make, node_class: Object, node_pool: Make, pods: list[Any], limits: Object) -> tuple[Packed, Any]:
    pool_values = (
        node_pool("a", [(FAMILY, "In", "g5")], limits=limits),
        node_pool("b", [(FAMILY, "In", "m6i", "g6")], limits=limits),
    )
    cluster: Cluster = clusters(node_class, *pool_values)
    known = [pool.view for pool in cluster.once(pools)]
    groups = []
    for number, (count, gpus, cpu, memory, alone, name) in enumerate(pods):
        spec: Object = {"containers": [{"name": "main", "resources": {"requests": requests(gpus, cpu, memory)}}]}
        if name:
            spec["nodeSelector"] = {"karpenter.sh/nodepool": name}
        view = pod_view(spec)
        usable = tuple((pool, fit) for pool in known if (fit := judge(view, pool)).bits)
        if usable:
            groups.append(Group(str(number), view, count, usable, alone))
    return pack(tuple(groups)), groups


def check(node: Node, groups: list[Group]) -> None:
    by_name = {group.name: group for group in groups}
    used = {"cpu": 150, "memory": 0, "nvidia.com/gpu": 0}
    for name, count in node.pods.items():
        group = by_name[name]
        assert any(pool is node.pool and fit.bits >> node.index & 1 for pool, fit in group.pools)
        assert count == 1 or not group.alone
        for resource in used:
            used[resource] += count * group.view.requests.get(resource, 0)
    assert used["cpu"] <= node.instance.allocatable_cpu_millis
    assert used["memory"] <= node.instance.allocatable_memory_mib * 2**20
    assert used["nvidia.com/gpu"] <= node.instance.gpu_count
    assert sum(node.pods.values()) + 2 <= node.instance.max_pods


@settings(max_examples=150, deadline=None)
@given(pods=PODS, limits=LIMITS)
def test_every_pod_is_on_a_node_that_holds_it_or_left_over(
    clusters: Make, node_class: Object, node_pool: Make, pods: list[Any], limits: Object
) -> None:
    result, groups = packed(clusters, node_class, node_pool, pods, limits)
    for node in result.nodes:
        assert node.count > 0
        check(node, groups)
    for group in groups:
        placed = sum(node.count * node.pods.get(group.name, 0) for node in result.nodes)
        assert placed + result.left.get(group.name, 0) == group.count
    for pool in {id(node.pool): node.pool for node in result.nodes}.values():
        assert all(rest >= 0 for rest in remaining(result.nodes, pool).values())
    if not limits:
        assert result.left == {}


def test_full_nodes_are_counted_together(clusters: Make, node_class: Object, node_pool: Make) -> None:
    result, _ = packed(clusters, node_class, node_pool, [(20, 3, 900, 1, False, "a")], {})
    # A node of eight GPUs holds two such pods.
    assert [(node.instance.name, node.count, node.pods["0"]) for node in result.nodes] == [("g5.48xlarge", 10, 2)]


def test_smaller_pods_go_on_what_is_left(clusters: Make, node_class: Object, node_pool: Make) -> None:
    pods = [(3, 3, 3500, 1, False, "a"), (2, 1, 100, 1, False, "a")]
    result, _ = packed(clusters, node_class, node_pool, pods, {})
    assert sum(node.count for node in result.nodes) == 2
    assert sum(node.count * node.pods.get("1", 0) for node in result.nodes) == 2
