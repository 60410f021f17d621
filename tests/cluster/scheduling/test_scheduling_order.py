"""The order in which Karpenter takes pools, as its own scheduler has it (tests/e2e/test_e2e_scheduling.py asks it)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.model import ConstraintKind, Placement
from nimfleet.cluster.scheduling.schedule import schedule

Object = dict[str, Any]
Make = Callable[..., Any]
FAMILY = "karpenter.k8s.aws/instance-family"
ZONE = "topology.kubernetes.io/zone"
GPU = {"nvidia.com/gpu": 1}
SOFT = [{"key": "costly", "effect": "PreferNoSchedule"}]


@pytest.fixture
def place(clusters: Callable[..., Cluster], node_class: Object, deployment: Make) -> Callable[..., Placement]:
    """``place(*pools, affinity)``: one pod with a GPU."""

    def make(*pools: Object, affinity: Object) -> Placement:
        (found,) = schedule(clusters(node_class, *pools, deployment(GPU, affinity=affinity))).placements
        return found

    return make


def _term(key: str, *values: str) -> Object:
    return {"matchExpressions": [{"key": key, "operator": "In", "values": list(values)}]}


def _affinity(*terms: Object, prefer: list[Object] | None = None) -> Object:
    affinity: Object = {}
    if terms:
        affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": list(terms)}
    if prefer:
        weighted = [{"weight": 100 - number, "preference": term} for number, term in enumerate(prefer)]
        affinity["preferredDuringSchedulingIgnoredDuringExecution"] = weighted
    return {"nodeAffinity": affinity}


def _families(placement: Placement) -> tuple[str, set[str]]:
    assert placement.chosen is not None
    verdict, _ = placement.chosen
    return verdict.pool, {offer.instance.family for offer in verdict.offers}


def test_the_first_alternative_goes_before_the_heavier_pool(place: Make, node_pool: Make) -> None:
    a, b = node_pool("a", [(FAMILY, "In", "g5")]), node_pool("b", [(FAMILY, "In", "g6")], weight=9)
    assert _families(place(a, b, affinity=_affinity(_term(FAMILY, "g5"), _term(FAMILY, "g6"))))[0] == "a"
    assert _families(place(a, b, affinity=_affinity(_term(FAMILY, "g6"), _term(FAMILY, "g5"))))[0] == "b"


def test_a_preference_narrows_what_is_launched_but_not_what_fits(place: Make, node_pool: Make) -> None:
    found = place(node_pool("a", [(FAMILY, "In", "g5", "g6")]), affinity=_affinity(prefer=[_term(FAMILY, "g5")]))
    assert _families(found) == ("a", {"g5"})
    (verdict,) = found.verdicts
    assert {offer.instance.family for offer in verdict.offers} == {"g5", "g6"}


def test_a_lighter_preference_follows_one_that_nothing_meets(place: Make, node_pool: Make) -> None:
    prefer = [_term(FAMILY, "p5"), _term(FAMILY, "g6")]
    found = place(node_pool("a", [(FAMILY, "In", "g5", "g6")]), affinity=_affinity(prefer=prefer))
    assert _families(found) == ("a", {"g6"})


def test_an_alternative_is_given_up_before_a_preference(place: Make, node_pool: Make) -> None:
    pool = node_pool("a", [(FAMILY, "In", "g5")])
    fitting, not_there = _term(FAMILY, "g5"), _term(FAMILY, "g6")
    prefer = [_term(ZONE, "us-east-1f")]
    pool["spec"]["template"]["spec"]["requirements"].append({"key": ZONE, "operator": "In", "values": ["us-east-1a"]})
    found = place(pool, affinity=_affinity(fitting, not_there, prefer=prefer))
    assert found.chosen is None
    (verdict,) = found.verdicts
    assert not verdict.offers
    assert [constraint.kind for constraint in verdict.conflict] == [ConstraintKind.AFFINITY, ConstraintKind.AFFINITY]
    assert verdict.conflict[0].pointer[-1] == "nodeSelectorTerms"
    assert verdict.fix == f"put the alternative ({FAMILY} In [g5]) last"
    # And that helps.
    assert _families(place(pool, affinity=_affinity(not_there, fitting, prefer=prefer)))[0] == "a"
    assert _families(place(pool, affinity=_affinity(fitting, not_there)))[0] == "a"


def test_an_alternative_is_given_up_before_a_soft_taint_is_tolerated(place: Make, node_pool: Make) -> None:
    pool = node_pool("a", [(FAMILY, "In", "g5")], taints=SOFT)
    fitting, not_there = _term(FAMILY, "g5"), _term(FAMILY, "g6")
    found = place(pool, affinity=_affinity(fitting, not_there))
    assert found.chosen is None
    (verdict,) = found.verdicts
    assert [constraint.kind for constraint in verdict.conflict] == [ConstraintKind.AFFINITY, ConstraintKind.TAINT]
    assert _families(place(pool, affinity=_affinity(not_there, fitting)))[0] == "a"


def test_a_soft_taint_goes_after_every_preference(place: Make, node_pool: Make) -> None:
    soft = node_pool("soft", [(FAMILY, "In", "g5")], taints=SOFT, weight=9)
    hard = node_pool("hard", [(FAMILY, "In", "g6")])
    assert _families(place(soft, hard, affinity=_affinity(prefer=[_term(FAMILY, "g5")])))[0] == "hard"
