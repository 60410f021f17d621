"""All references of a cluster, found in one pass over each object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.references.model import CLUSTER_ISSUER, ISSUER, SERVICE, TARGETS, Key, Reference, Target
from nimfleet.cluster.references.table import Pattern, patterns
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, mapping, text
from nimfleet.repository.model import KubeObject

_VARIABLES = ("${", "$(", "{{")
"""Of Flux, of kustomize and of templates: what contains one of these is not known yet."""

_CLUSTER_SCOPED = frozenset(
    {
        *((target.group, target.kind) for target in TARGETS.values() if not target.namespaced),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("apiregistration.k8s.io", "APIService"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("karpenter.sh", "NodePool"),
        ("karpenter.sh", "NodeClaim"),
        ("external-secrets.io", "ClusterExternalSecret"),
    }
)


def is_cluster_scoped(item: KubeObject) -> bool:
    """Whether objects of the kind are in no namespace, as far as references need to know."""
    return (item.id.group, item.id.kind) in _CLUSTER_SCOPED


def namespace_of(cluster: Cluster, item: KubeObject) -> str:
    """Namespace of an object: ``default`` in a whole cluster where none is written, else ``""``; also ``""`` for kinds
    without namespaces."""
    if item.id.namespace or is_cluster_scoped(item):
        return item.id.namespace
    return "default" if cluster.world is World.COMPLETE else ""


def references(cluster: Cluster) -> tuple[Reference, ...]:
    """Every reference of the cluster's objects, in their order; use with ``cluster.once``.

    Left out are names with variables in them, and services of a NIMPipeline that are off.
    """
    found: list[Reference] = []
    for item in cluster.objects:
        root = _tries().get((item.id.group, item.id.kind))
        if root is not None:
            _Walk(cluster, item, found).into(root, item.value, (), {}, ())
        if item.id.kind == "HelmRelease":
            _Walk(cluster, item, found).addresses(get(item.value, "spec", "values"), ("spec", "values"))
        if item.id.kind == "Ingress" and item.id.group == "networking.k8s.io":
            found += _of_annotations(cluster, item)
    return tuple(found)


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    items: _Node | None = None
    leaves: list[Pattern] = field(default_factory=list)


@lru_cache(maxsize=1)
def _tries() -> Mapping[tuple[str, str], _Node]:
    found: dict[tuple[str, str], _Node] = {}
    for key, own in patterns().items():
        root = found[key] = _Node()
        for pattern in own:
            node = root
            for part in _parts(pattern.path):
                if part == "[]":
                    node.items = node.items or _Node()
                    node = node.items
                else:
                    node = node.children.setdefault(part, _Node())
            node.leaves.append(pattern)
    return found


@lru_cache(maxsize=512)
def _parts(path: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in path.split("."):
        found.append(part.removesuffix("[]"))
        if part.endswith("[]"):
            found.append("[]")
    return tuple(found)


@dataclass(slots=True)
class _Walk:
    cluster: Cluster
    item: KubeObject
    found: list[Reference]

    def into(self, node: _Node, value: Any, at: Pointer, parent: Mapping[str, Any], above: Pointer) -> None:
        if node.leaves:
            if isinstance(value, str) and value and not any(mark in value for mark in _VARIABLES):
                for pattern in node.leaves:
                    self._take(pattern, value, at, parent, above)
            return
        if isinstance(value, dict):
            if (
                at[:-1] == ("spec", "services")
                and self.item.id.kind == "NIMPipeline"
                and value.get("enabled") is not True
            ):
                return
            for name, child in node.children.items():
                part = value.get(name)
                if part is not None:
                    self.into(child, part, (*at, name), value, at)
        elif isinstance(value, list) and node.items is not None:
            for index, part in enumerate(value):
                self.into(node.items, part, (*at, index), parent, above)

    def _take(self, pattern: Pattern, name: str, at: Pointer, parent: Mapping[str, Any], above: Pointer) -> None:
        target = pattern.target
        if pattern.kinds:
            kind = text(parent.get("kind"))
            target = pattern.kinds.get(kind) if kind else target
        if target is None or (pattern.unless and get(parent, *_parts(pattern.unless)) is True):
            return
        if pattern.role == "backend" and parent.get("group"):
            return
        if pattern.role == "address" or at[-1] == "envValue":
            self._address(pattern.role, name, at)
            return
        if pattern.role == "dependency" and _address(text(parent.get("envValue")))[1:2] == (name,):
            return  # told at the address
        namespace = ""
        if target.namespaced:
            namespace = text(parent.get(pattern.namespace)) if pattern.namespace else ""
            namespace = namespace or namespace_of(self.cluster, self.item)
            if "${" in namespace:
                return
        keys = [Key(key, at) for key in pattern.implied]
        for path in pattern.keys:
            keys += _keys(parent, _parts(path), above)
        if pattern.default_key and not keys:
            keys.append(Key(pattern.default_key, at))
        if any(key.name == "use-annotation" for key in keys):
            return  # an action of the AWS Load Balancer Controller, no Service
        optional = bool(pattern.optional) and parent.get(pattern.optional) is True
        self.found.append(
            Reference(
                self.item, at, target, namespace, name, tuple(keys), optional, pattern.role, bool(pattern.namespace)
            )
        )

    def addresses(self, value: Any, at: Pointer) -> None:
        """The addresses in the cluster among the values of a chart."""
        if isinstance(value, str):
            if ".svc" in value and not any(mark in value for mark in _VARIABLES):
                self._address("address", value, at)
        elif isinstance(value, dict):
            for name, part in value.items():
                self.addresses(part, (*at, name))
        elif isinstance(value, list):
            for index, part in enumerate(value):
                self.addresses(part, (*at, index))

    def _address(self, role: str, value: str, at: Pointer) -> None:
        found = _address(value)
        if not found:
            return
        _, name, namespace, port = found
        if role == "address" and not namespace:
            role = "host"
        keys = (Key(port, at),) if port else ()
        namespace = namespace or namespace_of(self.cluster, self.item)
        self.found.append(Reference(self.item, at, SERVICE, namespace, name, keys, role=role))


_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?([a-z0-9][a-z0-9-]*)"
    r"(?:\.([a-z0-9][a-z0-9-]*)\.svc(?:\.cluster\.local\.?)?)?(?::(\d+))?(?:[/?].*)?"
)


def _address(value: str) -> tuple[str, ...]:
    """An address in the cluster: itself, name of a Service, its namespace and the port (``""`` where not said); empty for
    anything else."""
    if ".svc" not in value and "://" not in value:
        return ()
    match = _ADDRESS.fullmatch(value)
    return (value, match[1], match[2] or "", match[3] or "") if match else ()


def _keys(value: Any, parts: tuple[str, ...], at: Pointer) -> Iterator[Key]:
    if not parts:
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "" and "${" not in str(value):
            yield Key(str(value), at)
    elif parts[0] == "[]":
        for index, part in enumerate(value if isinstance(value, list) else ()):
            yield from _keys(part, parts[1:], (*at, index))
    elif isinstance(value, dict) and parts[0] in value:
        yield from _keys(value[parts[0]], parts[1:], (*at, parts[0]))


_ANNOTATIONS: Mapping[str, Target] = {
    "cert-manager.io/cluster-issuer": CLUSTER_ISSUER,
    "cert-manager.io/issuer": ISSUER,
}


def _of_annotations(cluster: Cluster, item: KubeObject) -> Iterator[Reference]:
    annotations = mapping(get(item.value, "metadata", "annotations"))
    for name, target in _ANNOTATIONS.items():
        value = text(annotations.get(name))
        if not value or "${" in value:
            continue
        if target is ISSUER and text(annotations.get("cert-manager.io/issuer-kind")) not in ("", "Issuer"):
            continue
        namespace = namespace_of(cluster, item) if target.namespaced else ""
        yield Reference(item, ("metadata", "annotations", name), target, namespace, value)
