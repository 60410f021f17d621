"""What pods ask for."""

from __future__ import annotations

from typing import Any

import pytest

from nimfleet.cluster.scheduling.quantities import amount, pod_requests, written

MIB = 2**20


@pytest.mark.parametrize(
    ("resource", "value", "expected"),
    [
        ("cpu", "1500m", 1500),
        ("cpu", 2, 2000),
        ("cpu", "0.0001", 1),
        ("memory", "1Gi", 2**30),
        ("memory", "1G", 10**9),
        ("nvidia.com/gpu", "4", 4),
        ("memory", "lots", None),
        ("memory", "-1", None),
        ("cpu", None, None),
        ("cpu", True, None),
    ],
)
def test_amounts(resource: str, value: Any, expected: int | None) -> None:
    assert amount(resource, value) == expected


@pytest.mark.parametrize(
    ("resource", "value", "expected"),
    [
        ("cpu", 1500, "1500m"),
        ("cpu", 2000, "2"),
        ("memory", 36 * 2**30, "36Gi"),
        ("memory", 1536 * MIB, "1536Mi"),
        ("memory", 10 * MIB + 1, "11Mi"),
        ("nvidia.com/gpu", 8, "8"),
    ],
)
def test_words(resource: str, value: int, expected: str) -> None:
    assert written(resource, value) == expected


def container(restart: str = "", **requests: str) -> dict[str, Any]:
    return {"resources": {"requests": requests}, **({"restartPolicy": restart} if restart else {})}


def test_limits_are_requests_where_there_are_none() -> None:
    resources = {"limits": {"nvidia.com/gpu": 1, "cpu": "2"}, "requests": {"cpu": "1"}}
    assert pod_requests({"containers": [{"resources": resources}]}) == {"nvidia.com/gpu": 1, "cpu": 1000, "pods": 1}


def test_containers_add_up_and_init_containers_do_not() -> None:
    spec = {
        "containers": [container(cpu="1"), container(cpu="2")],
        "initContainers": [container(cpu="2"), container(cpu="5")],
    }
    assert pod_requests(spec)["cpu"] == 5000
    spec["initContainers"] = [container(cpu="2")]
    assert pod_requests(spec)["cpu"] == 3000


def test_a_sidecar_runs_beside_both() -> None:
    spec = {"containers": [container(cpu="1")], "initContainers": [container("Always", cpu="1"), container(cpu="3")]}
    # The init container after the sidecar needs both at once.
    assert pod_requests(spec)["cpu"] == 4000
    spec["initContainers"] = [container(cpu="3"), container("Always", cpu="1")]
    assert pod_requests(spec)["cpu"] == 3000
    spec["initContainers"] = [container("Always", cpu="1")]
    assert pod_requests(spec)["cpu"] == 2000


def test_overhead_and_requests_of_the_whole_pod_count() -> None:
    spec = {
        "containers": [container(cpu="1", memory="1Mi")],
        "overhead": {"cpu": "250m"},
        "resources": {"requests": {"cpu": "2"}},
    }
    assert pod_requests(spec) == {"cpu": 2250, "memory": MIB, "pods": 1}


@pytest.mark.parametrize(
    "spec", [{}, {"containers": 3}, {"containers": [{"resources": {"requests": [1], "limits": {"cpu": []}}}]}]
)
def test_nonsense_asks_for_nothing(spec: dict[str, Any]) -> None:
    assert pod_requests(spec) == {"pods": 1}
