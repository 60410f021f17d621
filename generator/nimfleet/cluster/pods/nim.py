"""Pods that NVIDIA's NIM operator makes, as its version 3.1.2 does.

Sources: NVIDIA k8s-nim-operator 3.1.2, internal/controller/platform/standalone/nimservice.go (addGPUResources, LeaderWorkerSet),
internal/controller/nimcache_controller.go (constructJob), api/apps/v1alpha1 (defaults).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM, nim_services
from nimfleet.cluster.pods.model import PodSet, Replicas, Role
from nimfleet.cluster.pods.scaling import Autoscaler, Target, autoscalers, between
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, mapping, sequence, text
from nimfleet.repository.model import KubeObject

GPU = "nvidia.com/gpu"
CACHE_SELECTOR: Mapping[str, str] = {"feature.node.kubernetes.io/pci-10de.present": "true"}
"""What the operator selects for a NIMCache that does not say ``nodeSelector`` (api/apps/v1alpha1, GetNodeSelectors)."""
_NEMO = ("NemoCustomizer", "NemoDatastore", "NemoEntitystore", "NemoEvaluator", "NemoGuardrail")
_TENSOR = re.compile(r"(?:^|[-_])tp(\d+)(?:[-_]|$)")


def nim_pods(cluster: Cluster) -> Iterator[PodSet]:
    """The pods of NIMServices, enabled services of NIMPipelines, NIMCaches, NIMBuilds and NeMo services."""
    for service in cluster.once(nim_services):
        yield from _service(cluster, service.object, service.name, service.pointer)
    for item in cluster.kind(NIM, "NIMCache"):
        yield _cache(item)
    for item in cluster.kind(NIM, "NIMBuild"):
        yield _build(item)
    for kind in _NEMO:
        for item in cluster.kind(NIM, kind):
            yield from _service(cluster, item, item.id.name, ("spec",))


def _service(cluster: Cluster, item: KubeObject, name: str, path: Pointer) -> Iterator[PodSet]:
    spec = mapping(get(item.value, *path))
    namespace = item.id.namespace or "default"
    groups = get(spec, "multiNode", "parallelism")
    nodes = max(1, integer(get(groups, "pipeline"), 1)) if get(spec, "multiNode") is not None else 1
    replicas, counter = _replicas(cluster, item, spec, namespace, name)
    pointers = _pointers(spec, path, ("nodeSelector", "affinity", "tolerations", "resources", "image", "storage"))
    pointers["replicas"] = (*path, *counter) if counter else path
    if "affinity" not in pointers and get(spec, "podAffinity") is not None:
        pointers["affinity"] = (*path, "podAffinity")
    pod: dict[str, Any] = {
        "nodeSelector": spec.get("nodeSelector"),
        "tolerations": spec.get("tolerations"),
        "affinity": spec.get("affinity") or _pod_affinity(spec),
        "initContainers": spec.get("initContainers"),
        "containers": [
            {"name": name, "image": _image(spec), "resources": _resources(cluster, spec, namespace)},
            *(side for side in sequence(spec.get("sidecarContainers")) if isinstance(side, Mapping)),
        ],
        "volumes": _volumes(cluster, item, spec, namespace, name),
        "resourceClaims": spec.get("draResources"),
    }
    role = Role.MULTI_NODE if nodes > 1 else Role.REPLICA
    each = Replicas(replicas.minimum * nodes, replicas.steady * nodes, replicas.maximum * nodes)
    labels = {"app": name, **{str(key): str(label) for key, label in mapping(spec.get("labels")).items()}}
    yield PodSet(item, role, name, namespace, each, pod, labels, pointers)


def _pod_affinity(spec: Mapping[str, Any]) -> Any:
    affinity = spec.get("podAffinity")
    return None if affinity is None else {"podAffinity": affinity}


def _replicas(
    cluster: Cluster, item: KubeObject, spec: Mapping[str, Any], namespace: str, name: str
) -> tuple[Replicas, Pointer]:
    if get(spec, "scale", "enabled") is True:
        hpa = get(spec, "scale", "hpa")
        least = integer(get(hpa, "minReplicas"), 1)
        return between(least, integer(get(hpa, "maxReplicas"), least)), ("scale", "hpa")
    scalers: Mapping[Target, Autoscaler] = cluster.once(autoscalers)
    # What scales the operator's Deployment scales the service, until the operator sets its replicas again.
    scaler = scalers.get((namespace, item.id.kind, name)) or scalers.get((namespace, "Deployment", name))
    if scaler is not None:
        return scaler.replicas, ()
    count = max(0, integer(spec.get("replicas"), 1))
    return Replicas(count, count, count), (("replicas",) if spec.get("replicas") is not None else ())


def _resources(cluster: Cluster, spec: Mapping[str, Any], namespace: str) -> Any:
    """``spec.resources`` with the GPUs that the operator adds: only where a profile of an NGC cache is named and no
    GPU is asked for."""
    resources = spec.get("resources")
    name = text(get(spec, "storage", "nimCache", "name"))
    profile = text(get(spec, "storage", "nimCache", "profile"))
    asked = {*mapping(get(resources, "limits")), *mapping(get(resources, "requests"))}
    if not profile or GPU in asked or sequence(spec.get("draResources")):
        return resources
    cache = cluster.find(NIM, "NIMCache", namespace, name)
    source = get(cache.value, "spec", "source") if cache is not None else None
    if source is not None and (get(source, "ngc") is None or get(source, "ngc", "modelEndpoint")):
        return resources
    gpus = _tensor_parallelism(spec, source, profile)
    return {
        "requests": {**mapping(get(resources, "requests")), GPU: gpus},
        "limits": {**mapping(get(resources, "limits")), GPU: gpus},
    }


def _tensor_parallelism(spec: Mapping[str, Any], source: Any, profile: str) -> int:
    """GPUs of a profile; a profile that is only known by its digest needs at least one."""
    if get(spec, "multiNode") is not None:
        return max(1, integer(get(spec, "multiNode", "parallelism", "tensor"), 1))
    named = _TENSOR.search(profile)
    if named is not None:
        return max(1, int(named[1]))
    chosen = str(get(source, "ngc", "model", "tensorParallelism") or "")
    return max(1, int(chosen)) if chosen.isascii() and chosen.isdigit() else 1


def _volumes(
    cluster: Cluster, item: KubeObject, spec: Mapping[str, Any], namespace: str, name: str
) -> list[dict[str, Any]]:
    """The claim that the model is read from, by the name that it will have."""
    storage = spec.get("storage")
    cache_name = text(get(storage, "nimCache", "name"))
    if cache_name:
        cache = cluster.find(NIM, "NIMCache", namespace, cache_name)
        claim = claim_name(get(cache.value, "spec", "storage", "pvc") if cache is not None else None, cache_name)
    elif get(storage, "pvc") is not None:
        claim = claim_name(get(storage, "pvc"), name)
    else:
        return []
    return [{"name": "model-store", "persistentVolumeClaim": {"claimName": claim}}]


def claim_name(pvc: Any, parent: str) -> str:
    """The claim of a cache or service: its own name, or the operator's ``<parent>-pvc``."""
    return text(get(pvc, "name")) or f"{parent}-pvc"


def _cache(item: KubeObject) -> PodSet:
    """The job that fills the cache. It asks for no GPU; only images from NGC take ``resources``, as limits, too."""
    spec = mapping(get(item.value, "spec"))
    amounts = {name: amount for name in ("cpu", "memory") if (amount := get(spec, "resources", name)) is not None}
    puller = next(
        (
            text(get(spec, "source", kind, "modelPuller"))
            for kind in ("ngc", "hf", "dataStore")
            if get(spec, "source", kind)
        ),
        "",
    )
    selector = spec.get("nodeSelector")
    pod = {
        "nodeSelector": CACHE_SELECTOR if selector is None else selector,
        "tolerations": spec.get("tolerations"),
        "initContainers": spec.get("initContainers"),
        "containers": [{"name": "nim-cache", "image": puller, "resources": {"requests": amounts, "limits": amounts}}],
        "volumes": [
            {
                "name": "nim-cache-volume",
                "persistentVolumeClaim": {"claimName": claim_name(get(spec, "storage", "pvc"), item.id.name)},
            }
        ]
        if get(spec, "storage", "pvc") is not None
        else [],
    }
    pointers = _pointers(spec, ("spec",), ("nodeSelector", "tolerations", "resources", "storage"))
    labels = {"app": "k8s-nim-operator", "app.kubernetes.io/name": item.id.name}
    return PodSet(
        item, Role.JOB, item.id.name, item.id.namespace or "default", Replicas(1, 1, 1), pod, labels, pointers
    )


def _build(item: KubeObject) -> PodSet:
    spec = mapping(get(item.value, "spec"))
    pod = {
        "nodeSelector": spec.get("nodeSelector"),
        "tolerations": spec.get("tolerations"),
        "containers": [{"name": "nim-build", "image": _image(spec), "resources": spec.get("resources")}],
    }
    pointers = _pointers(spec, ("spec",), ("nodeSelector", "tolerations", "resources", "image"))
    return PodSet(
        item,
        Role.JOB,
        item.id.name,
        item.id.namespace or "default",
        Replicas(1, 1, 1),
        pod,
        {"app": item.id.name},
        pointers,
    )


def _image(spec: Mapping[str, Any]) -> str:
    repository, tag = text(get(spec, "image", "repository")), text(get(spec, "image", "tag"))
    return f"{repository}:{tag}" if tag else repository


def _pointers(spec: Mapping[str, Any], path: Pointer, parts: tuple[str, ...]) -> dict[str, Pointer]:
    pointers: dict[str, Pointer] = {"": path}
    for part in parts:
        if spec.get(part) is not None:
            pointers["volumes" if part == "storage" else part] = (*path, part)
    return pointers
