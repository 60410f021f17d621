"""Rules about scheduling and cost survive objects of any shape, and tell one fault once."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nimfleet.cluster.model import Cluster, World
from nimfleet.engine.clusters import load_clusters
from nimfleet.repository.model import KubeObject
from nimfleet.rules.registry import rules_about

PROJECT = Path(__file__).resolve().parents[2]
ODD: tuple[Any, ...] = (None, "x", -1, [], {}, [None, {"name": 1}], {"x": None})
FAMILIES = ("scheduling", "cost")


@cache
def environment() -> Cluster:
    """dev: one model on two A10G."""
    (found,) = load_clusters([PROJECT / "clusters" / "dev"], root=PROJECT)
    return found


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")
    if not shutil.which("kustomize"):
        pytest.skip("kustomize is not installed")


def found_in(cluster: Cluster) -> list[tuple[str, str]]:
    """Rule and object of every hit."""
    rules = [rule for rule in rules_about(Cluster) if rule.family in FAMILIES]
    assert len(rules) > 20
    return [(rule.name, hit.object) for rule in rules for hit in rule.check(cluster)]


def with_value(kind: str, value: Any, **more: Any) -> Cluster:
    """The environment with another value of its only object of a kind."""
    whole = environment()
    changed = tuple(replace(item, content=value) if item.id.kind == kind else item for item in whole.objects)
    return replace(whole, objects=changed, _kinds=None, _by_id=None, _derived={}, **more)


def of_kind(kind: str) -> KubeObject:
    (found,) = [item for item in environment().objects if item.id.kind == kind]
    return found


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in entries:
        yield from paths(part, (*path, key))


def changed(kind: str, path: tuple[str | int, ...], new: Any) -> Any:
    value = copy.deepcopy(of_kind(kind).value)
    parent = value
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = new
    return value


def test_the_environment_is_clean() -> None:
    assert found_in(environment()) == []


@pytest.mark.parametrize("kind", ["NIMService", "NIMCache", "NodePool", "EC2NodeClass"])
def test_no_shape_makes_a_rule_crash(kind: str) -> None:
    for path in paths(of_kind(kind).value.get("spec"), ("spec",)):
        for odd in ODD:
            for world in (World.COMPLETE, World.PART):
                found_in(with_value(kind, changed(kind, path, odd), world=world))


LIMIT = ("spec", "limits", "nvidia.com/gpu")
REQUIREMENTS = ("spec", "template", "spec", "requirements")
SERVICE = "NIMService/nim-service/llama-3-1-8b-instruct"


@pytest.mark.parametrize(
    ("kind", "path", "new", "expected"),
    [
        ("NodePool", LIMIT, "0", ["scheduling/pod-above-limit"]),
        ("NodePool", ("spec", "limits"), {}, ["cost/pool-without-limit"]),
        ("NodePool", (*REQUIREMENTS, 0, "values"), ["arm64"], ["scheduling/pool-makes-no-nodes"]),
        (
            "NodePool",
            ("spec", "template", "spec", "startupTaints"),
            [{"key": "example.com/warm", "effect": "NoSchedule"}],
            ["scheduling/startup-taint"],
        ),
        ("NIMService", ("spec", "tolerations"), [], ["scheduling/toleration-by-admission"]),
        ("NIMCache", ("spec", "tolerations"), [], ["scheduling/taint-not-tolerated"]),
        (
            "NIMService",
            ("spec", "nodeSelector", "karpenter.sh/nodepool"),
            "g7",
            ["scheduling/selector-matches-nothing"],
        ),
        ("NIMService", ("spec", "resources", "limits", "nvidia.com/gpu"), "4", ["scheduling/gpu-amounts"]),
        ("NIMService", ("spec", "resources", "requests", "cpu"), "64", ["scheduling/pod-too-large"]),
        ("NIMService", ("spec", "replicas"), 9, ["scheduling/limit-below-replicas"]),
        (
            "NIMService",
            ("spec", "resources"),
            {"limits": {"nvidia.com/gpu": 1}},
            ["scheduling/tensor-parallelism"],
        ),
        ("NIMService", ("spec", "resources"), {"limits": {"nvidia.com/gpu": 4}}, ["scheduling/idle-gpus"]),
        ("NIMCache", ("spec", "source", "ngc", "model", "tensorParallelism"), "4", ["scheduling/tensor-parallelism"]),
        (
            "NIMCache",
            ("spec", "source", "ngc", "model", "tensorParallelism"),
            None,
            ["scheduling/tensor-parallelism-unpinned"],
        ),
        ("NIMCache", ("spec", "source", "ngc", "model", "precision"), "fp8", ["scheduling/gpu-unsupported"]),
        ("EC2NodeClass", ("spec", "blockDeviceMappings"), [], ["scheduling/root-volume"]),
    ],
)
def test_one_fault_is_told_once(kind: str, path: tuple[str | int, ...], new: Any, expected: list[str]) -> None:
    assert [name for name, _ in found_in(with_value(kind, changed(kind, path, new)))] == expected


def test_pools_that_are_not_here_may_be_elsewhere_in_a_part() -> None:
    path = ("spec", "nodeSelector", "karpenter.sh/nodepool")
    value = changed("NIMService", path, "another")
    assert found_in(with_value("NIMService", value, world=World.PART)) == []
    assert found_in(with_value("NIMService", value)) == [("scheduling/selector-matches-nothing", SERVICE)]
