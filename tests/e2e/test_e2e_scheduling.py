"""Karpenter's own scheduler decides about pods as ``nimfleet schedule`` says it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lab
import pytest
from apiserver import PROJECT
from karpenter import NO_TYPES, Decision, judging

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.expand import pod_sets
from nimfleet.cluster.pods.model import PodSet, Role
from nimfleet.cluster.scheduling.bill import maximum, steady
from nimfleet.cluster.scheduling.model import ConstraintKind, NodeCount, Placement
from nimfleet.cluster.scheduling.schedule import schedule
from nimfleet.engine.clusters import load_clusters
from nimfleet.manifest.emit import dump

DRAWN = 300
SEED = 20261125
_KIND = ConstraintKind
_RESOURCES = {_KIND.GPU, _KIND.CPU, _KIND.MEMORY, _KIND.EPHEMERAL_STORAGE, _KIND.PODS}
_WISHES = {_KIND.SELECTOR, _KIND.AFFINITY, _KIND.ARCHITECTURE}


@dataclass(frozen=True, slots=True)
class Foretold:
    """What nimfleet says that Karpenter does with a pod: the pool, the types that it asks for, and the one that it gets. Where
    there is none, ``nearest`` is the pool of which nimfleet speaks, and ``words`` are how Karpenter may call the reason."""

    pool: str = ""
    instance_types: frozenset[str] = frozenset()
    cheapest: str = ""
    nearest: str = ""
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, placement: Placement) -> Foretold:
        """From the proof."""
        if placement.chosen is not None:
            verdict, offer = placement.chosen
            types = frozenset(each.instance.name for each in verdict.offers)
            return cls(verdict.pool, types, offer.instance.name)
        nearest = placement.nearest
        return cls(nearest=nearest.pool, words=_words(placement)) if nearest is not None else cls()


def _words(placement: Placement) -> tuple[str, ...]:
    nearest = placement.nearest
    assert nearest is not None
    kinds = {constraint.kind for constraint in nearest.conflict}
    if _KIND.TAINT in kinds:
        return ("did not tolerate taint",)
    if _KIND.LIMIT in kinds:
        return ("exceed limits", "limits have been exhausted")
    if _KIND.MIN_VALUES in kinds:
        return ("minValues requirement is not met",)
    if kinds & _RESOURCES and kinds & _WISHES:
        return ("no instance type which",)
    if kinds & _RESOURCES:
        return ("no instance type has enough resources",)
    if _KIND.ZONE in kinds or any(constraint.object is placement.pods.owner for constraint in nearest.conflict):
        return (
            "incompatible requirements",
            "incompatible volume requirements",
            "no instance type met all requirements",
        )
    return (NO_TYPES,)


def _pods(cluster: Cluster, role: Role) -> list[PodSet]:
    return [pods for pods in cluster.once(pod_sets) if pods.role is role]


def _laboratory(folder: Path, pods: Mapping[str, Any]) -> Cluster:
    text = "".join(f"---\n{dump(value)}" for value in lab.documents(pods.items()))
    (folder / "laboratory.yaml").write_text(text, encoding="utf-8")
    (cluster,) = load_clusters([folder], root=folder)
    return cluster


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Foretold, Decision]]:
    """What nimfleet and what Karpenter say of every pod of the laboratory."""
    pods = {**lab.FITTING, **lab.MISFITS, **dict(lab.drawn(SEED, DRAWN))}
    cluster = _laboratory(tmp_path_factory.mktemp("laboratory"), pods)
    foretold = {each.pods.name: Foretold.of(each) for each in cluster.once(schedule).placements}
    with judging(cluster) as judge:
        decisions = judge.decide(_pods(cluster, Role.REPLICA), apart=True)
    return {name: (foretold[name], decision) for name, (decision,) in decisions.items()}


def test_every_pod_gets_the_pool_and_the_instance_types_that_nimfleet_says(
    judged: Mapping[str, tuple[Foretold, Decision]],
) -> None:
    assert len(judged) >= 40
    differences = {
        name: (ours, theirs)
        for name, (ours, theirs) in judged.items()
        if (ours.pool, ours.instance_types, ours.cheapest) != (theirs.pool, theirs.instance_types, theirs.cheapest)
    }
    assert not differences


def test_about_half_of_them_get_none(judged: Mapping[str, tuple[Foretold, Decision]]) -> None:
    fitting = {name for name, (_, decision) in judged.items() if decision.pool}
    assert not lab.FITTING.keys() - fitting
    assert not lab.MISFITS.keys() & fitting
    assert DRAWN / 4 < len(fitting) - len(lab.FITTING) < DRAWN * 3 / 4


@pytest.mark.parametrize("name", sorted(lab.MISFITS))
def test_what_is_named_for_its_fault_is_refused_for_it(
    judged: Mapping[str, tuple[Foretold, Decision]], name: str
) -> None:
    foretold, decision = judged[name]
    refusal = decision.refusals[foretold.nearest]
    assert any(words in refusal for words in foretold.words), (foretold, refusal)


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
        pods = _pods(cluster, Role.REPLICA)
        decisions = judge.decide(pods, apart=False, count=steady if level == "steady" else maximum)
    plan = cluster.once(schedule)
    assert not plan.over_limit
    assert all(each.pool for made in decisions.values() for each in made)
    assert _bought(decisions) == _counts(plan.bill.steady if level == "steady" else plan.bill.ceiling)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_jobs_get_a_node_of_the_pool_that_nimfleet_says(name: str) -> None:
    cluster = _environment(name)
    jobs = _pods(cluster, Role.JOB)
    foretold = {each.pods.name: Foretold.of(each).pool for each in cluster.once(schedule).placements}
    with judging(cluster) as judge:
        decisions = judge.decide(jobs, apart=False)
    assert jobs
    assert {name: made[0].pool for name, made in decisions.items()} == {job.name: foretold[job.name] for job in jobs}
