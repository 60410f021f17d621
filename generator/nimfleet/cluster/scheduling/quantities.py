"""Amounts of resources as whole numbers: thousandths of a CPU, bytes of memory and storage, pieces of everything else.

Source: Kubernetes, k8s.io/component-helpers resource (what a pod requests), pkg/apis/core (limits become requests).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import ceil
from typing import Any

from nimfleet.manifest.walk import get, mapping, sequence, text
from nimfleet.schema.quantity import parse_quantity

CPU = "cpu"
MEMORY = "memory"
EPHEMERAL = "ephemeral-storage"
PODS = "pods"
NVIDIA_GPU = "nvidia.com/gpu"
MIB = 2**20
GIB = 2**30
_SUFFIXES = ((2**40, "Ti"), (2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki"))


def amount(resource: str, value: Any) -> int | None:
    """``value`` (a quantity) of ``resource``, rounded up; None for what is no quantity, or is negative."""
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        return None
    return _amount(resource == CPU, str(value))


@lru_cache(maxsize=4096)
def _amount(cpu: bool, value: str) -> int | None:
    quantity = parse_quantity(value)
    if quantity is None or quantity.value < 0:
        return None
    return ceil(quantity.value * 1000 if cpu else quantity.value)


def written(resource: str, value: int) -> str:
    """An amount as people write it: ``3500m``, ``16Gi``, ``2``."""
    if resource == CPU:
        return str(value // 1000) if value % 1000 == 0 else f"{value}m"
    if resource in (MEMORY, EPHEMERAL):
        for size, suffix in _SUFFIXES:
            if value >= size and value % size == 0:
                return f"{value // size}{suffix}"
        return f"{ceil(value / MIB)}Mi" if value >= MIB else str(value)
    return str(value)


def pod_requests(spec: Mapping[str, Any]) -> dict[str, int]:
    """What a pod takes of a node, ``pods: 1`` included: its containers and sidecars together, or the most that an init
    container takes while it runs (with the sidecars that started before it), and the overhead of its runtime class.
    Requests of the whole pod (``spec.resources``) replace those of its containers."""
    total: dict[str, int] = {}
    for container in sequence(spec.get("containers")):
        _add(total, requests(get(container, "resources")))
    sidecars: dict[str, int] = {}
    most: dict[str, int] = {}
    for container in sequence(spec.get("initContainers")):
        asked = requests(get(container, "resources"))
        if text(get(container, "restartPolicy")) == "Always":
            _add(total, asked)
            _add(sidecars, asked)
            asked = sidecars
        else:
            _add(asked, sidecars)
        for name, value in asked.items():
            most[name] = max(most.get(name, 0), value)
    for name, value in most.items():
        total[name] = max(total.get(name, 0), value)
    total.update(requests(spec.get("resources")))
    _add(total, _amounts(spec.get("overhead")))
    total = {name: value for name, value in total.items() if value}
    total[PODS] = 1
    return total


def requests(resources: Any) -> dict[str, int]:
    """Requests of a container; a limit without a request is one."""
    return {**_amounts(get(resources, "limits")), **_amounts(get(resources, "requests"))}


def _amounts(value: Any) -> dict[str, int]:
    found = {}
    for name, given in mapping(value).items():
        if isinstance(name, str) and (number := amount(name, given)) is not None:
            found[name] = number
    return found


def _add(total: dict[str, int], more: Mapping[str, int]) -> None:
    for name, value in more.items():
        total[name] = total.get(name, 0) + value
