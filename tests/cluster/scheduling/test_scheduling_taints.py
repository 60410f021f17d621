"""Tolerations, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from nimfleet.cluster.scheduling.taints import describe, tolerated, toleration_for
from nimfleet.config.model import Taint

GPU = Taint("nvidia.com/gpu", "true", "NoSchedule")


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"operator": "Exists"}, True),
        ({"operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "nvidia.com/gpu", "operator": "Exists"}, True),
        ({"key": "nvidia.com/gpu", "value": "true"}, True),
        ({"key": "nvidia.com/gpu", "operator": "Equal", "value": "present"}, False),
        ({"key": "nvidia.com/gpu"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"operator": "Equal", "value": "true"}, False),
        ({"key": "nvidia.com/gpu", "operator": "exists"}, False),
        ("Exists", False),
        ({}, False),
    ],
)
def test_one_toleration(toleration: Any, expected: bool) -> None:
    assert tolerated(GPU, [toleration]) is expected


@pytest.mark.parametrize(
    ("operator", "value", "taint", "expected"),
    [("Gt", "5", "6", True), ("Gt", "5", "5", False), ("Lt", "5", "4", True), ("Lt", "five", "4", False)],
)
def test_numbers(operator: str, value: str, taint: str, expected: bool) -> None:
    toleration = {"key": "level", "operator": operator, "value": value}
    assert tolerated(Taint("level", taint, "NoSchedule"), [toleration]) is expected


def test_words() -> None:
    assert describe(GPU) == "nvidia.com/gpu=true:NoSchedule"
    assert describe(Taint("dedicated", "", "NoExecute")) == "dedicated:NoExecute"
    assert toleration_for(GPU) == "nvidia.com/gpu Exists NoSchedule"
