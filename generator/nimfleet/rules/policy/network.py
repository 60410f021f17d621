"""NetworkPolicies by namespace, as far as they restrict what comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, integer, items, mapping, sequence
from nimfleet.repository.model import KubeObject
from nimfleet.rules.policy.pods import selects

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


def selecting(cluster: Cluster, namespace: str, labels: Mapping[str, str]) -> list[Policy]:
    """The policies that select pods with these labels, in the order of the objects."""
    known = cluster.once(_by_app)
    # Most select by the label `app`, which is the name of the model: the others need not be looked at.
    found = known.get((namespace, labels.get("app", "")), []) + known.get((namespace, None), [])
    return [policy for _, policy in sorted(found, key=lambda entry: entry[0]) if selects(policy.selector, labels)]


def _by_app(cluster: Cluster) -> dict[tuple[str, str | None], list[tuple[int, Policy]]]:
    """Policies with their number, by namespace and the value that they want of the label `app` (None: any)."""
    found: dict[tuple[str, str | None], list[tuple[int, Policy]]] = {}
    for namespace, there in policies(cluster).items():
        for number, policy in enumerate(there):
            app = get(policy.selector, "matchLabels", "app")
            found.setdefault((namespace, app if isinstance(app, str) else None), []).append((number, policy))
    return found


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
