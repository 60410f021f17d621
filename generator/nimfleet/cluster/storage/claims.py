"""Claims for volumes, whoever makes them, and the pods that mount them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import CacheFacts, ServiceFacts, caches, services
from nimfleet.cluster.storage.classes import Driver, StorageClass, class_named, driver_of
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject

MANY = "ReadWriteMany"
ONCE = "ReadWriteOnce"
ONCE_POD = "ReadWriteOncePod"


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A PersistentVolumeClaim that is made: by itself, or by a NIMCache, NIMService, NIMPipeline or StatefulSet.

    ``words`` is how its owner reads in a message. ``pointer`` is the part of ``object`` with the claim, the other pointers are of
    fields that are there (else of that part). ``size`` is as written, ``class_name`` ``""`` for the default class. ``cache`` is
    the NIMCache that makes it.
    """

    object: KubeObject
    words: str
    pointer: Pointer
    name: str
    namespace: str
    modes: tuple[str, ...]
    modes_pointer: Pointer
    size: str
    size_pointer: Pointer
    class_name: str
    class_pointer: Pointer
    block: bool
    driver: Driver
    storage_class: StorageClass | None
    cache: CacheFacts | None


@dataclass(frozen=True, slots=True, eq=False)
class User:
    """Somebody whose pods mount a claim: at most ``pods`` at once. ``nodes`` pods serve a replica together."""

    words: str
    object: KubeObject
    pods: int
    nodes: int
    service: ServiceFacts | None


def claims(cluster: Cluster) -> tuple[Claim, ...]:
    """All claims that the objects make."""
    return cluster.once(_claims)


def users(cluster: Cluster, claim: Claim) -> tuple[User, ...]:
    """Who mounts ``claim``, as far as it is here."""
    return tuple(cluster.once(_users).get((claim.namespace, claim.name), ()))


def cache_claim(cache: CacheFacts) -> str:
    """Name of the claim of a NIMCache, as the operator gives it."""
    return text(get(cache.object.value, "spec", "storage", "pvc", "name")) or f"{cache.object.id.name}-pvc"


def service_claim(service: ServiceFacts) -> str:
    """Name of the claim that a service mounts; ``""`` when it mounts none that is known."""
    if service.cache is not None:
        return cache_claim(service.cache)
    claim = mapping(get(service.spec, "storage", "pvc"))
    if not claim or get(service.spec, "storage", "nimCache", "name"):
        return ""
    return text(claim.get("name")) or (f"{service.name}-pvc" if claim.get("create") is True else "")


def most_replicas(spec: Mapping[str, Any]) -> int:
    """The most replicas that a service's spec allows: what its HorizontalPodAutoscaler may scale to, or its number."""
    if get(spec, "scale", "enabled") is True:
        return max(1, integer(get(spec, "scale", "hpa", "maxReplicas"), 1))
    return max(0, integer(spec.get("replicas"), 1))


def _claims(cluster: Cluster) -> tuple[Claim, ...]:
    found = [*_persistent(cluster), *_of_caches(cluster), *_of_services(cluster), *_of_stateful_sets(cluster)]
    return tuple(found)


def _persistent(cluster: Cluster) -> Iterator[Claim]:
    for item in cluster.kind("", "PersistentVolumeClaim"):
        spec = mapping(get(item.value, "spec"))
        if spec and not spec.get("volumeName"):
            words = f"PersistentVolumeClaim `{item.id.name}`"
            yield _kubernetes(cluster, item, words, spec, ("spec",), item.id.name)


def _of_stateful_sets(cluster: Cluster) -> Iterator[Claim]:
    for item in cluster.kind("apps", "StatefulSet"):
        for at, template in items(item.value, "spec", "volumeClaimTemplates"):
            spec = mapping(template.get("spec"))
            name = text(get(template, "metadata", "name"))
            if spec:
                # Each pod has a claim of its own, so that the name is nobody's.
                words = f"StatefulSet `{item.id.name}`"
                yield _kubernetes(cluster, item, words, spec, (*at, "spec"), f"{name}@{item.id.name}")


def _kubernetes(
    cluster: Cluster, item: KubeObject, words: str, spec: Mapping[str, Any], pointer: Pointer, name: str
) -> Claim:
    modes = tuple(mode for mode in sequence(spec.get("accessModes")) if isinstance(mode, str))
    size = get(spec, "resources", "requests", "storage")
    class_name = text(spec.get("storageClassName"))
    return Claim(
        object=item,
        words=words,
        pointer=pointer,
        name=name,
        namespace=item.id.namespace or "default",
        modes=modes,
        modes_pointer=(*pointer, "accessModes") if modes else pointer,
        size=str(size) if size is not None else "",
        size_pointer=(*pointer, "resources", "requests", "storage"),
        class_name=class_name,
        class_pointer=(*pointer, "storageClassName") if class_name else pointer,
        block=spec.get("volumeMode") == "Block",
        driver=driver_of(cluster, class_name),
        storage_class=class_named(cluster, class_name),
        cache=None,
    )


def _of_caches(cluster: Cluster) -> Iterator[Claim]:
    for cache in cluster.once(caches).values():
        claim = mapping(get(cache.object.value, "spec", "storage", "pvc"))
        if claim.get("create") is True:
            words = f"NIMCache `{cache.object.id.name}`"
            pointer: Pointer = ("spec", "storage", "pvc")
            yield _operator(cluster, cache.object, words, claim, pointer, cache_claim(cache), cache)


def _of_services(cluster: Cluster) -> Iterator[Claim]:
    for service in cluster.once(services):
        claim = mapping(get(service.spec, "storage", "pvc"))
        if claim.get("create") is True:
            words = f"NIMService `{service.name}`"
            pointer = (*service.pointer, "storage", "pvc")
            name = text(claim.get("name")) or f"{service.name}-pvc"
            yield _operator(cluster, service.object, words, claim, pointer, name, None)


def _operator(
    cluster: Cluster,
    item: KubeObject,
    words: str,
    claim: Mapping[str, Any],
    pointer: Pointer,
    name: str,
    cache: CacheFacts | None,
) -> Claim:
    mode, class_name = text(claim.get("volumeAccessMode")), text(claim.get("storageClass"))
    size = claim.get("size")
    return Claim(
        object=item,
        words=words,
        pointer=pointer,
        name=name,
        namespace=item.id.namespace or "default",
        modes=(mode,) if mode else (),
        modes_pointer=(*pointer, "volumeAccessMode") if mode else pointer,
        size=str(size) if size is not None else "",
        size_pointer=(*pointer, "size"),
        class_name=class_name,
        class_pointer=(*pointer, "storageClass") if class_name else pointer,
        block=False,
        driver=driver_of(cluster, class_name),
        storage_class=class_named(cluster, class_name),
        cache=cache,
    )


def _users(cluster: Cluster) -> dict[tuple[str, str], list[User]]:
    found: dict[tuple[str, str], list[User]] = {}
    for service in cluster.once(services):
        name = service_claim(service)
        if name:
            replicas = most_replicas(service.spec)
            user = User(
                f"NIMService `{service.name}`", service.object, replicas * service.nodes, service.nodes, service
            )
            found.setdefault((service.namespace, name), []).append(user)
    for group, kind in (("apps", "Deployment"), ("apps", "StatefulSet")):
        for item in cluster.kind(group, kind):
            replicas = integer(get(item.value, "spec", "replicas"), 1)
            for _, volume in items(item.value, "spec", "template", "spec", "volumes"):
                name = text(get(volume, "persistentVolumeClaim", "claimName"))
                if name and replicas > 0 and get(volume, "persistentVolumeClaim", "readOnly") is not True:
                    user = User(f"{kind} `{item.id.name}`", item, replicas, 1, None)
                    found.setdefault((item.id.namespace or "default", name), []).append(user)
    return found
