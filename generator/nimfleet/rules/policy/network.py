"""NetworkPolicies by namespace, as far as they restrict what comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, integer, items, mapping, sequence
from nimfleet.repository.model import KubeObject

_FOREIGN = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy", "AdminNetworkPolicy")


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A NetworkPolicy that restricts ingress."""

    object: KubeObject
    selector: Any

    def opens(self, port: int) -> bool:
        """Whether anybody at all reaches a TCP port. Ports by name count, as names are the operator's affair."""
        for _, rule in items(self.object.value, "spec", "ingress"):
            ports = sequence(rule.get("ports"))
            if not ports or any(_is(mapping(entry), port) for entry in ports):
                return True
        return False


def _is(entry: Mapping[str, Any], port: int) -> bool:
    if entry.get("protocol") not in (None, "TCP"):
        return False
    first = entry.get("port")
    if not isinstance(first, int):
        return True
    return first <= port <= integer(entry.get("endPort"), first)


def policies(cluster: Cluster) -> Mapping[str, Sequence[Policy]]:
    """The NetworkPolicies that restrict ingress, by namespace."""
    return cluster.once(_policies)


def _policies(cluster: Cluster) -> dict[str, list[Policy]]:
    found: dict[str, list[Policy]] = {}
    for item in cluster.kind("networking.k8s.io", "NetworkPolicy"):
        spec = mapping(get(item.value, "spec"))
        types = sequence(spec.get("policyTypes"))
        if not types or "Ingress" in types:
            selector = spec.get("podSelector", {})
            found.setdefault(item.id.namespace or "default", []).append(Policy(item, selector))
    return found


def foreign_policies(cluster: Cluster) -> bool:
    """Whether something else than Kubernetes' own NetworkPolicies restricts traffic."""
    return any(cluster.knows(kind) for kind in _FOREIGN) or bool(cluster.kind("crd.projectcalico.org", "NetworkPolicy"))
