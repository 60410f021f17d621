"""Karpenter buys the nodes for our environments for which ``nimfleet schedule`` bills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from apiserver import PROJECT
from given import pods_of
from karpenter import Decision, judging

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import Role
from nimfleet.cluster.scheduling.bill import maximum, steady
from nimfleet.cluster.scheduling.model import NodeCount
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.engine.clusters import load_clusters


def _environment(name: str) -> Cluster:
    (found,) = load_clusters([PROJECT / "clusters" / name], root=PROJECT)
    return found


def _counts(nodes: Sequence[NodeCount]) -> Counter[tuple[str, str]]:
    return Counter({(node.pool, node.instance_type): node.count for node in nodes})


def _bought(decisions: Mapping[str, Sequence[Decision]]) -> Counter[tuple[str, str]]:
    nodes = {each.node: (each.pool, each.cheapest) for made in decisions.values() for each in made if each.pool}
    return Counter(nodes.values())


ENVIRONMENTS = ("dev", "staging", "prod")


@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("level", ["steady", "ceiling"])
def test_an_environment_gets_the_nodes_for_which_nimfleet_bills(name: str, level: str) -> None:
    cluster = _environment(name)
    with judging(cluster) as judge:
        pods = pods_of(cluster, Role.REPLICA)
        decisions = judge.decide(pods, apart=False, count=steady if level == "steady" else maximum)
    plan = cluster.once(schedule)
    assert not plan.over_limit
    assert all(each.pool for made in decisions.values() for each in made)
    assert _bought(decisions) == _counts(plan.bill.steady if level == "steady" else plan.bill.ceiling)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_jobs_get_a_node_of_the_pool_that_nimfleet_says(name: str) -> None:
    cluster = _environment(name)
    jobs = pods_of(cluster, Role.JOB)
    chosen = {each.pods.name: each.chosen for each in cluster.once(schedule).placements}
    foretold = {job.name: found[0].pool for job in jobs if (found := chosen[job.name]) is not None}
    with judging(cluster) as judge:
        decisions = judge.decide(jobs, apart=False)
    assert jobs
    assert {name: made[0].pool for name, made in decisions.items()} == foretold
