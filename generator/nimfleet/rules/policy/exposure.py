"""What leads from outside of the cluster to a model or to anything else: Ingresses, and what the NIM operator makes of
`expose`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.repository.model import KubeObject
from nimfleet.rules.policy.pods import Service, services

ALB = "alb.ingress.kubernetes.io/"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An Ingress, written as one or as `expose` of a service. ``at`` is where its annotations stand; ``tls`` whether its
    spec names certificates."""

    object: KubeObject
    at: Pointer
    annotations: Mapping[str, Any]
    tls: bool

    @property
    def public(self) -> bool:
        """Whether the AWS Load Balancer Controller gives it addresses on the internet."""
        return text(self.annotations.get(f"{ALB}scheme")) == "internet-facing"

    @property
    def scheme(self) -> Pointer:
        """Where that is said."""
        return (*self.at, f"{ALB}scheme")


def entries(cluster: Cluster) -> Sequence[Entry]:
    """Every Ingress that there will be."""
    return cluster.once(_entries)


def _entries(cluster: Cluster) -> tuple[Entry, ...]:
    found = []
    for item in cluster.kind("networking.k8s.io", "Ingress"):
        annotations = mapping(get(item.value, "metadata", "annotations"))
        tls = bool(get(item.value, "spec", "tls"))
        found.append(Entry(item, ("metadata", "annotations"), annotations, tls))
    for service in services(cluster):
        found += _exposed(service)
    return tuple(found)


def _exposed(service: Service) -> Iterator[Entry]:
    router = get(service.spec, "expose", "router")
    if isinstance(get(router, "ingress"), dict):
        at = (*service.at, "expose", "router", "annotations")
        tls = bool(get(router, "ingress", "tlsSecretName"))
        yield Entry(service.object, at, mapping(get(router, "annotations")), tls)
    ingress = get(service.spec, "expose", "ingress")
    if get(ingress, "enabled") is True:
        at = (*service.at, "expose", "ingress", "annotations")
        yield Entry(service.object, at, mapping(get(ingress, "annotations")), bool(get(ingress, "spec", "tls")))


def is_exposed(cluster: Cluster, service: Service) -> bool:
    """Whether clients outside of the cluster reach a service, as far as the objects tell."""
    expose = service.spec.get("expose")
    router = get(expose, "router")
    return (
        get(expose, "service", "type") in ("LoadBalancer", "NodePort")
        or isinstance(get(router, "ingress"), dict)
        or isinstance(get(router, "gateway"), dict)
        or get(expose, "ingress", "enabled") is True
        or (service.namespace, service.name) in cluster.once(_targets)
    )


def _targets(cluster: Cluster) -> frozenset[tuple[str, str]]:
    """Namespace and name of the Services that Ingresses and routes lead to."""
    found = set()
    for item in cluster.kind("networking.k8s.io", "Ingress"):
        for _, rule in items(item.value, "spec", "rules"):
            for _, path in items(rule, "http", "paths"):
                found.add((item.id.namespace or "default", text(get(path, "backend", "service", "name"))))
        found.add((item.id.namespace or "default", text(get(item.value, "spec", "defaultBackend", "service", "name"))))
    for kind in ("HTTPRoute", "GRPCRoute"):
        for item in cluster.kind("gateway.networking.k8s.io", kind):
            for _, rule in items(item.value, "spec", "rules"):
                for _, backend in items(rule, "backendRefs"):
                    namespace = text(backend.get("namespace")) or item.id.namespace or "default"
                    found.add((namespace, text(backend.get("name"))))
    return frozenset(found)
