"""Clusters from a few lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.cluster.references.resolve import dangling
from nimfleet.config.model import External
from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.pointer import Pointer, dotted
from nimfleet.repository.model import KubeObject, Place

API = {
    "apps.nvidia.com/v1alpha1": {"NIMService", "NIMCache", "NIMPipeline", "NIMBuild", "NemoGuardrail"},
    "apps/v1": {"Deployment", "StatefulSet", "DaemonSet"},
    "batch/v1": {"Job"},
    "networking.k8s.io/v1": {"Ingress", "IngressClass", "NetworkPolicy"},
    "gateway.networking.k8s.io/v1": {"HTTPRoute", "Gateway"},
    "external-secrets.io/v1": {"ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore"},
    "cert-manager.io/v1": {"Certificate", "Issuer", "ClusterIssuer"},
    "helm.toolkit.fluxcd.io/v2": {"HelmRelease"},
    "source.toolkit.fluxcd.io/v1": {"HelmRepository", "OCIRepository", "GitRepository"},
    "monitoring.coreos.com/v1": {"ServiceMonitor", "Prometheus"},
    "storage.k8s.io/v1": {"StorageClass"},
    "rbac.authorization.k8s.io/v1": {"RoleBinding", "ClusterRole", "Role"},
    "policy/v1": {"PodDisruptionBudget"},
    "bitnami.com/v1alpha1": {"SealedSecret"},
    "postgresql.cnpg.io/v1": {"Cluster"},
    "secrets-store.csi.x-k8s.io/v1": {"SecretProviderClass"},
    "isindir.github.com/v1alpha3": {"SopsSecret"},
    "keda.sh/v1alpha1": {"ScaledObject"},
}


def thing(kind: str, name: str, namespace: str = "nim", **parts: Any) -> dict[str, Any]:
    """A manifest; ``namespace`` ``""`` for none."""
    api = next((api for api, kinds in API.items() if kind in kinds), "v1")
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **parts.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **parts}


def spec(text: str) -> Any:
    """YAML in one line or several."""
    return yaml.safe_load(text)


def cluster_of(
    values: Sequence[dict[str, Any]],
    world: World = World.COMPLETE,
    externals: Sequence[External] = (),
    folders: Sequence[str] = (),
) -> Cluster:
    """A cluster of these objects and, where it is whole, of their namespaces; ``folders`` (one an object) say where each
    lies. The file of a place is the pointer."""

    def place(pointer: Pointer) -> Place:
        return Place(dotted(pointer), 1, 1)

    used = sorted({value["metadata"]["namespace"] for value in values if "namespace" in value["metadata"]})
    declared = [thing("Namespace", name, "") for name in used] if world is World.COMPLETE else []
    objects = []
    for number, value in enumerate([*values, *declared]):
        identity = ObjectId.of(value)
        assert identity is not None
        objects.append(KubeObject(identity, value, None, folders[number] if number < len(folders) else "", place))
    return Cluster("", world, Profile.STANDARD, "1.34", {}, tuple(objects), externals=tuple(externals))


def found(cluster: Cluster) -> dict[str, list[tuple[str, str]]]:
    """What leads nowhere: by rule, the place (``Kind/name pointer``) and what is wrong."""
    return {
        rule: [
            (
                f"{one.reference.source.id.kind}/{one.reference.source.id.name} {dotted(one.reference.pointer)}",
                one.fault.value,
            )
            for one in several
        ]
        for rule, several in cluster.once(dangling).items()
    }
