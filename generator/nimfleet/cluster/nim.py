"""The services of NIM that a cluster has, however they are declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.repository.model import KubeObject

NIM = "apps.nvidia.com"


@dataclass(frozen=True, slots=True, eq=False)
class NimService:
    """A NIMService, or an enabled service of a NIMPipeline, of which the operator makes a NIMService of this ``name``.
    ``pointer`` is where its ``spec`` stands in ``object``; the name and the spec may be empty."""

    object: KubeObject
    pointer: Pointer
    name: str
    namespace: str
    spec: Mapping[str, Any]


def nim_services(cluster: Cluster) -> tuple[NimService, ...]:
    """All of them, NIMServices first. Used as ``cluster.once(nim_services)``."""
    found = [_of(item, ("spec",), item.id.name) for item in cluster.kind(NIM, "NIMService")]
    for item in cluster.kind(NIM, "NIMPipeline"):
        for pointer, entry in items(item.value, "spec", "services"):
            if entry.get("enabled") is True:
                found.append(_of(item, (*pointer, "spec"), text(entry.get("name"))))
    return tuple(found)


def _of(item: KubeObject, pointer: Pointer, name: str) -> NimService:
    return NimService(item, pointer, name, item.id.namespace or "default", mapping(get(item.value, *pointer)))
