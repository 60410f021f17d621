"""Small changes of whole objects: each field left out, and each value replaced by another one that is valid."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

HERE = Path(__file__).resolve().parent
BASES = HERE / "update_bases.yaml"
RECORDED = HERE / "recorded_updates.jsonl"
DELETED = "(deleted)"

_OTHER: dict[str, Any] = {
    "accessModes": ["ReadWriteOnce"],
    "action": "Count",
    "addressType": "IPv6",
    "clusterIP": "10.0.7.8",
    "completionMode": "Indexed",
    "concurrencyPolicy": "Allow",
    "externalTrafficPolicy": "Cluster",
    "fsGroupPolicy": "None",
    "healthCheckNodePort": 30126,
    "internalTrafficPolicy": "Cluster",
    "ipFamilyPolicy": "PreferDualStack",
    "nodePort": 30125,
    "pathType": "Exact",
    "persistentVolumeReclaimPolicy": "Delete",
    "podManagementPolicy": "Parallel",
    "podReplacementPolicy": "TerminatingOrFailed",
    "preemptionPolicy": "PreemptLowerPriority",
    "reclaimPolicy": "Retain",
    "restartPolicy": "OnFailure",
    "sessionAffinity": "ClientIP",
    "unhealthyPodEvictionPolicy": "IfHealthyBudget",
    "volumeBindingMode": "WaitForFirstConsumer",
    "volumeMode": "Block",
    "whenDeleted": "Delete",
    "whenScaled": "Retain",
}
_TYPES = {
    "DaemonSet": ["RollingUpdate"],
    "Deployment": ["RollingUpdate"],
    "Secret": ["Opaque", "p.q/r"],
    "Service": ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"],
    "StatefulSet": ["RollingUpdate"],
}
_ADDED: dict[str, list[tuple[tuple[str, ...], Any]]] = {
    "ConfigMap": [(("data", "z"), "1"), (("immutable",), True)],
    "Job": [(("spec", "managedBy"), "a.b/c")],
    "PersistentVolume": [(("spec", "volumeAttributesClassName"), "x")],
    "PersistentVolumeClaim": [
        (("spec", "volumeAttributesClassName"), "x"),
        (("spec", "dataSource"), {"kind": "PersistentVolumeClaim", "name": "q"}),
    ],
    "Secret": [(("data", "z"), "MQ=="), (("immutable",), True), (("stringData",), {"a": "2"})],
    "Service": [
        (("spec", "loadBalancerClass"), "z.z/z"),
        (("spec", "clusterIP"), "None"),
        (("spec", "clusterIP"), "10.0.9.9"),
        (("spec", "externalName"), "q.r"),
        (("spec", "ipFamilies"), ["IPv4"]),
    ],
    "StatefulSet": [(("spec", "volumeClaimTemplates"), [])],
}


class Mutation(NamedTuple):
    """One change of the base with this name: what stands at ``where`` now, or ``DELETED``."""

    name: str
    where: tuple[str | int, ...]
    value: Any

    def of(self, base: Any) -> Any:
        """The changed object."""
        changed = copy.deepcopy(base)
        parent = changed
        for part in self.where[:-1]:
            if isinstance(parent, dict):
                parent.setdefault(part, {})
            parent = parent[part]
        if self.value == DELETED:
            del parent[self.where[-1]]
        else:
            parent[self.where[-1]] = self.value
        return changed


def bases() -> dict[str, Any]:
    """The objects by name."""
    return {value["metadata"]["name"]: value for value in yaml.safe_load_all(BASES.read_text("utf-8"))}


def mutations(base: Any) -> Iterator[Mutation]:
    """Every change that is made of one object."""
    name, kind = base["metadata"]["name"], base["kind"]
    for where, value in _walk(base, ()):
        yield Mutation(name, where, DELETED)
        for other in _others(kind, where[-1], value):
            if other != value:
                yield Mutation(name, where, other)
    for where, value in _ADDED.get(kind, ()):
        parent = base.get(where[0]) if len(where) > 1 else base
        if not isinstance(parent, dict) or parent.get(where[-1]) != value:
            yield Mutation(name, where, value)


def _walk(value: Any, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    entries: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    for part, child in entries:
        path = (*where, part)
        if path in (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")):
            continue
        if path != ("metadata",):
            yield path, child
        yield from _walk(child, path)


def _others(kind: str, key: str | int, value: Any) -> list[Any]:
    if key == "type" and isinstance(value, str):
        return list(_TYPES.get(kind, ()))
    if key == "storage" and isinstance(value, str):
        return ["7Gi", "1Gi"]
    if key in _OTHER:
        return [_OTHER[str(key)]]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    return [f"{value}2"] if isinstance(value, str) else []
