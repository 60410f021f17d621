"""Karpenter's own scheduler decides about pods as ``nimfleet schedule`` says it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lab
import pytest
from given import pods_of
from karpenter import NO_TYPES, Decision, judging

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import Role
from nimfleet.cluster.scheduling.model import ConstraintKind, Placement
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
    # Types above the limit are left out first, so that the rest is too small.
    if _KIND.LIMIT in kinds and not (kinds & {_KIND.CPU, _KIND.MEMORY}):
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
        decisions = judge.decide(pods_of(cluster, Role.REPLICA), apart=True)
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
