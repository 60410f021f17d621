"""How many pods an object has: its own replicas, or what an autoscaler that targets it allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.pods.model import Replicas
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, text
from nimfleet.repository.model import KubeObject

Target = tuple[str, str, str]
"""Namespace, kind and name of what is scaled."""

_KEDA_MAXIMUM = 100
"""``maxReplicaCount`` of a ScaledObject that does not say (keda.sh, ScaledObject specification)."""


@dataclass(frozen=True, slots=True, eq=False)
class Autoscaler:
    """An object that decides how many pods another has; ``pointer`` is its maximum."""

    object: KubeObject
    replicas: Replicas
    pointer: Pointer


def autoscalers(cluster: Cluster) -> Mapping[Target, Autoscaler]:
    """HorizontalPodAutoscalers and KEDA ScaledObjects by what they target; the first of each wins."""
    found: dict[Target, Autoscaler] = {}
    for item in cluster.kind("autoscaling", "HorizontalPodAutoscaler"):
        spec = get(item.value, "spec")
        least, most = integer(get(spec, "minReplicas"), 1), integer(get(spec, "maxReplicas"))
        _add(found, item, spec, between(least, most), ("spec", "maxReplicas"), "Deployment")
    for item in cluster.kind("keda.sh", "ScaledObject"):
        spec = get(item.value, "spec")
        least, most = integer(get(spec, "minReplicaCount")), integer(get(spec, "maxReplicaCount"), _KEDA_MAXIMUM)
        _add(found, item, spec, between(least, most), ("spec", "maxReplicaCount"), "Deployment")
    return found


def between(least: int, most: int) -> Replicas:
    """Replicas between two bounds, of which either may be nonsense."""
    least = max(0, least)
    # An autoscaler leaves the minimum only under load, but starts from zero as soon as there is any.
    return Replicas(least, max(1, least), max(1, least, most))


def _add(
    found: dict[Target, Autoscaler],
    item: KubeObject,
    spec: object,
    replicas: Replicas,
    pointer: Pointer,
    default_kind: str,
) -> None:
    kind = text(get(spec, "scaleTargetRef", "kind")) or default_kind
    target = (item.id.namespace or "default", kind, text(get(spec, "scaleTargetRef", "name")))
    found.setdefault(target, Autoscaler(item, replicas, pointer))
