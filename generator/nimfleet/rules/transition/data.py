"""Which objects hold data, and what becomes of it when they go."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from nimfleet.rules.transition.change import NIM, Applied, Cluster, Fate, Removal, at, items


class Policy(StrEnum):
    """What happens to a volume when its claim goes."""

    DELETE = "Delete"
    RETAIN = "Retain"
    UNKNOWN = "unknown"


_KINDS = frozenset(
    {
        ("", "PersistentVolumeClaim"),
        ("", "PersistentVolume"),
        ("apps", "StatefulSet"),
        (NIM, "NIMCache"),
        (NIM, "NIMService"),
        (NIM, "NIMPipeline"),
    }
)


def policy_of(item: Applied, cluster: Cluster) -> Policy | None:
    """What happens to the volumes whose claims go with ``item``; None when none do."""
    identity = item.id
    if (identity.group, identity.kind) not in _KINDS:
        return None
    spec = at(item.value, "spec")
    if identity.kind == "PersistentVolume":
        # A volume made by hand is kept unless it says otherwise.
        return Policy.DELETE if at(spec, "persistentVolumeReclaimPolicy") == "Delete" else Policy.RETAIN
    if identity.kind == "PersistentVolumeClaim":
        return _claim(spec, cluster)
    if identity.kind == "StatefulSet":
        deleted = at(spec, "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete"
        templates = items(at(spec, "volumeClaimTemplates"))
        if not templates:
            return None
        return _worst(_claim(at(item, "spec"), cluster) for item in templates) if deleted else Policy.RETAIN
    specs = (
        [at(service, "spec") for service in items(at(spec, "services"))] if identity.kind == "NIMPipeline" else [spec]
    )
    created = [at(part, "storage", "pvc") for part in specs if at(part, "storage", "pvc", "create") is True]
    return _worst(_class(at(claim, "storageClass"), cluster) for claim in created) if created else None


def successor_cache(removal: Removal) -> str:
    """Name of the NIMCache that a service which is still here uses instead of the removed one; ``""`` when
    there is none."""
    identity = removal.before.id
    if (identity.group, identity.kind) != (NIM, "NIMCache"):
        return ""
    then = dict(_uses(removal.cluster.had(NIM, "NIMService", "NIMPipeline"), identity.namespace))
    now = dict(_uses(removal.cluster.has(NIM, "NIMService", "NIMPipeline"), identity.namespace))
    for service, cache in then.items():
        new = now.get(service, "")
        if cache == identity.name and new and new != cache:
            return new
    return ""


def cache_users(removal: Removal) -> list[Applied]:
    """The NIMServices and NIMPipelines of today that name the removed NIMCache."""
    identity = removal.before.id
    services = removal.cluster.has(NIM, "NIMService", "NIMPipeline")
    return [item for item in services if identity.name in dict(_uses(iter([item]), identity.namespace)).values()]


def loses(removal: Removal) -> Policy | None:
    """The policy of the volumes that a removal is about; None when no data is, or it is another rule's."""
    if removal.fate is Fate.LEFT or successor_cache(removal):
        return None
    return policy_of(removal.before, removal.cluster)


def _uses(services: Iterator[Applied], namespace: str) -> Iterator[tuple[str, str]]:
    """Each service with the name of its cache. A service keeps its name when a pipeline takes it over."""
    for item in services:
        if item.id.namespace != namespace:
            continue
        if item.id.kind == "NIMService":
            yield item.id.name, str(at(item.value, "spec", "storage", "nimCache", "name") or "")
        for service in items(at(item.value, "spec", "services")):
            cache = at(service, "spec", "storage", "nimCache", "name")
            yield str(at(service, "name")), str(cache or "")


def _claim(spec: Any, cluster: Cluster) -> Policy:
    volume = at(spec, "volumeName")
    for item in cluster.had("", "PersistentVolume"):
        if volume is not None and item.id.name == volume:
            deletes = at(item.value, "spec", "persistentVolumeReclaimPolicy") == "Delete"
            return Policy.DELETE if deletes else Policy.RETAIN
    return _class(at(spec, "storageClassName"), cluster)


def _class(name: Any, cluster: Cluster) -> Policy:
    for item in cluster.had("storage.k8s.io", "StorageClass"):
        if item.id.name == name:
            return Policy.RETAIN if at(item.value, "reclaimPolicy") == "Retain" else Policy.DELETE
    return Policy.UNKNOWN


def _worst(policies: Iterator[Policy]) -> Policy:
    found = set(policies)
    return next(policy for policy in (Policy.DELETE, Policy.UNKNOWN, Policy.RETAIN) if policy in found)
