"""Packing by arithmetic against packing one replica at a time."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nimfleet.catalog.load import load_catalog
from nimfleet.plan.cost import _pack, gpus_of_nodes

TYPES = load_catalog().instances
SHAPES = st.sampled_from(["g5.xlarge", "g5.12xlarge", "g5.48xlarge"])


def model(name: str, gpus: int, instance: str) -> Any:
    return SimpleNamespace(name=name, gpus=gpus, instance_types=(TYPES[instance],), max_replicas=3)


@st.composite
def fleets(draw: st.DrawFn) -> tuple[list[Any], dict[str, int]]:
    models, replicas = [], {}
    for number in range(draw(st.integers(0, 5))):
        instance = draw(SHAPES)
        gpus = draw(st.integers(1, TYPES[instance].gpu_count))
        models.append(model(f"m{number}", gpus, instance))
        replicas[f"m{number}"] = draw(st.integers(0, 12))
    return models, replicas


def naive(models: list[Any], replicas: dict[str, int]) -> list[tuple[str, int]]:
    """First fit, one replica after the other; nodes as (type, free GPUs)."""
    nodes: list[list[Any]] = []
    for planned in sorted(models, key=lambda m: (-m.gpus, m.name)):
        instance = planned.instance_types[0]
        for _ in range(replicas[planned.name]):
            node = next((n for n in nodes if n[0] == instance.name and n[1] >= planned.gpus), None)
            if node is None:
                node = [instance.name, instance.gpu_count]
                nodes.append(node)
            node[1] -= planned.gpus
    return [(name, free) for name, free in nodes]


@given(fleets())
def test_nodes_are_as_many_as_with_first_fit(fleet: tuple[list[Any], dict[str, int]]) -> None:
    models, replicas = fleet
    packed: Counter[str] = Counter()
    for nodes in _pack(tuple(models), replicas):
        assert 0 <= nodes.free <= nodes.instance.gpu_count
        packed[nodes.instance.name] += nodes.count
    assert packed == Counter(name for name, _ in naive(models, replicas))


@given(fleets())
def test_no_gpu_is_lost_or_given_twice(fleet: tuple[list[Any], dict[str, int]]) -> None:
    models, replicas = fleet
    used = sum((n.instance.gpu_count - n.free) * n.count for n in _pack(tuple(models), replicas))
    assert used == sum(planned.gpus * replicas[planned.name] for planned in models)


def test_a_thousand_replicas_are_no_work() -> None:
    assert gpus_of_nodes([model("m", 1, "g5.xlarge")] * 1, 1) == 4
    models = (model("a", 2, "g5.12xlarge"), model("b", 1, "g5.12xlarge"))
    assert sum(n.count for n in _pack(models, {"a": 1000, "b": 999})) == 750
