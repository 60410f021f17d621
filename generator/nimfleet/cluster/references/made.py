"""What controllers make of objects: Secrets, Services, claims and so on that are written nowhere.

Sources: NVIDIA k8s-nim-operator 3.1.2 (``api/apps/v1alpha1``, ``internal/controller``), External Secrets 2.9, Sealed Secrets,
Secrets Store CSI driver, cert-manager 1.21, KEDA, Prometheus operator, and the API reference of Kubernetes 1.34.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM
from nimfleet.cluster.references import model as to
from nimfleet.cluster.references.extract import namespace_of
from nimfleet.cluster.references.model import Target, Thing
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject

LEADER_WORKER_SET = Target("leaderworkerset.x-k8s.io", "LeaderWorkerSet")
HORIZONTAL_POD_AUTOSCALER = Target("autoscaling", "HorizontalPodAutoscaler")
INGRESS = Target("networking.k8s.io", "Ingress")

_CERTIFICATE_KEYS = frozenset({"tls.crt", "tls.key", "ca.crt"})
_TLS = "kubernetes.io/tls"


def made(cluster: Cluster, item: KubeObject) -> Iterator[Thing]:
    """What comes of an object, beside itself."""
    maker = _MAKERS.get((item.id.group, item.id.kind))
    if maker is not None:
        yield from maker(item, item.value, namespace_of(cluster, item))


def services_of(item: KubeObject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and spec of each NIMService that a NIMService or NIMPipeline is or makes."""
    if item.id.group != "apps.nvidia.com":
        return
    if item.id.kind == "NIMService":
        yield item.id.name, mapping(get(item.value, "spec"))
    elif item.id.kind == "NIMPipeline":
        for _, service in items(item.value, "spec", "services"):
            if service.get("enabled") is True and text(service.get("name")):
                yield text(service["name"]), mapping(service.get("spec"))


def ports_of_service(spec: Mapping[str, Any]) -> frozenset[str] | None:
    """Numbers and names of the ports of the Service that the operator makes for a NIMService; None when they are not
    known."""
    service = mapping(get(spec, "expose", "service"))
    found: set[str] = set()
    for name, field in (("api", "port"), ("grpc", "grpcPort"), ("metrics", "metricsPort")):
        number = service.get(field, 8000 if name == "api" else None)
        if isinstance(number, int):
            found |= {name, str(number)}
    return frozenset(found) if service else None


def _nim(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    for name, spec in services_of(item):
        kserve = spec.get("inferencePlatform") == "kserve"
        yield Thing(to.SERVICE, namespace, name, item, None if kserve else ports_of_service(spec))
        yield Thing(to.SERVICE_ACCOUNT, namespace, name, item)
        yield Thing(to.ROLE, namespace, name, item)
        if kserve:
            yield Thing(to.SERVICE, namespace, f"{name}-predictor", item)
            yield Thing(to.DEPLOYMENT, namespace, f"{name}-predictor", item)
        elif "multiNode" in spec:
            yield Thing(LEADER_WORKER_SET, namespace, f"{name}-lws", item)
        else:
            yield Thing(to.DEPLOYMENT, namespace, name, item)
        if get(spec, "scale", "enabled") is True:
            yield Thing(HORIZONTAL_POD_AUTOSCALER, namespace, name, item)
        if get(spec, "expose", "ingress", "enabled") is True or get(spec, "expose", "router", "ingress"):
            yield Thing(INGRESS, namespace, name, item)
        yield from _claim(item, namespace, name, mapping(get(spec, "storage", "pvc")))


def _claim(item: KubeObject, namespace: str, name: str, claim: Mapping[str, Any]) -> Iterator[Thing]:
    if claim.get("create") is True:
        yield Thing(to.CLAIM, namespace, text(claim.get("name")) or f"{name}-pvc", item)


def _cache(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    yield from _claim(item, namespace, item.id.name, mapping(get(value, "spec", "storage", "pvc")))
    yield Thing(to.SERVICE_ACCOUNT, namespace, "nim-cache-sa", item)


def _nemo(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    for target in (to.SERVICE, to.SERVICE_ACCOUNT, to.DEPLOYMENT):
        yield Thing(target, namespace, item.id.name, item)
    for claim in (("pvc",), ("configStore", "pvc"), ("trainingConfig", "modelPVC"), ("trainingConfig", "workspacePVC")):
        yield from _claim(item, namespace, item.id.name, mapping(get(value, "spec", *claim)))


def _external_keys(spec: Mapping[str, Any]) -> frozenset[str] | None:
    template = mapping(get(spec, "target", "template"))
    written = frozenset(str(key) for key in mapping(template.get("data")))
    if template.get("templateFrom"):
        return None
    if written and template.get("mergePolicy") != "Merge":
        return written
    if spec.get("dataFrom"):
        return None
    fetched = frozenset(text(entry.get("secretKey")) for _, entry in items(spec, "data"))
    return written | fetched


def _secret_of(item: KubeObject, spec: Mapping[str, Any], namespace: str, default: str) -> Thing | None:
    """The Secret that an ExternalSecret's spec makes."""
    if get(spec, "target", "creationPolicy") in ("None", "Merge"):
        return None
    name = text(get(spec, "target", "name")) or default
    kind = text(get(spec, "target", "template", "type")) or "Opaque"
    return Thing(to.SECRET, namespace, name, item, _external_keys(spec), kind)


def _external_secret(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    found = _secret_of(item, mapping(get(value, "spec")), namespace, item.id.name)
    if found is not None:
        yield found


def _cluster_external_secret(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    spec = mapping(get(value, "spec"))
    inner = mapping(spec.get("externalSecretSpec"))
    name = text(spec.get("externalSecretName")) or item.id.name
    namespaces = {text(entry) for entry in sequence(spec.get("namespaces"))} - {""}
    if spec.get("namespaceSelectors") or spec.get("namespaceSelector"):
        chosen = [mapping(spec.get("namespaceSelector")), *(entry for _, entry in items(spec, "namespaceSelectors"))]
        named = [text(get(entry, "matchLabels", "kubernetes.io/metadata.name")) for entry in chosen if entry]
        namespaces |= set(named) if all(named) else {"*"}
    for target in sorted(namespaces):
        found = _secret_of(item, inner, target, name)
        if found is not None:
            yield found


def _sealed_secret(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    template = mapping(get(value, "spec", "template"))
    keys = frozenset(
        str(key) for part in (get(value, "spec", "encryptedData"), template.get("data")) for key in mapping(part)
    )
    name = text(get(template, "metadata", "name")) or item.id.name
    yield Thing(to.SECRET, namespace, name, item, keys, text(template.get("type")) or "Opaque")


def _sops_secret(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    for _, entry in items(value, "spec", "secretTemplates"):
        keys = frozenset(str(key) for part in ("data", "stringData") for key in mapping(entry.get(part)))
        yield Thing(to.SECRET, namespace, text(entry.get("name")), item, keys, text(entry.get("type")) or "Opaque")


def _provider_class(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    for _, entry in items(value, "spec", "secretObjects"):
        keys = frozenset(text(part.get("key")) for _, part in items(entry, "data"))
        yield Thing(
            to.SECRET, namespace, text(entry.get("secretName")), item, keys, text(entry.get("type")) or "Opaque"
        )


def _certificate(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    spec = mapping(get(value, "spec"))
    more = bool(spec.get("keystores") or spec.get("additionalOutputFormats"))
    yield Thing(to.SECRET, namespace, text(spec.get("secretName")), item, None if more else _CERTIFICATE_KEYS, _TLS)


def _issuer(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    key = text(get(value, "spec", "acme", "privateKeySecretRef", "name"))
    if key:
        yield Thing(to.SECRET, namespace or "*", key, item)


def _with_certificate(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    """Secrets that cert-manager makes for an annotated Ingress or Gateway."""
    annotations = mapping(get(value, "metadata", "annotations"))
    if not any(str(name).startswith(("cert-manager.io/", "kubernetes.io/tls-acme")) for name in annotations):
        return
    for _, entry in items(value, "spec", "tls"):
        yield Thing(to.SECRET, namespace, text(entry.get("secretName")), item, _CERTIFICATE_KEYS, _TLS)
    for _, listener in items(value, "spec", "listeners"):
        for _, entry in items(listener, "tls", "certificateRefs"):
            place = text(entry.get("namespace")) or namespace
            yield Thing(to.SECRET, place, text(entry.get("name")), item, _CERTIFICATE_KEYS, _TLS)


def _scaled_object(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    name = text(get(value, "spec", "advanced", "horizontalPodAutoscalerConfig", "name"))
    yield Thing(HORIZONTAL_POD_AUTOSCALER, namespace, name or f"keda-hpa-{item.id.name}", item)


def _prometheus(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    kind = item.id.kind.casefold()
    yield Thing(to.SERVICE, namespace, f"{kind}-operated", item)
    yield Thing(to.STATEFUL_SET, namespace, f"{kind}-{item.id.name}", item)


def _stateful_set(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    replicas = get(value, "spec", "replicas")
    for _, claim in items(value, "spec", "volumeClaimTemplates"):
        for number in range(min(replicas, 50) if isinstance(replicas, int) else 1):
            yield Thing(to.CLAIM, namespace, f"{text(get(claim, 'metadata', 'name'))}-{item.id.name}-{number}", item)


def _release(item: KubeObject, value: Any, namespace: str) -> Iterator[Thing]:
    spec = mapping(get(value, "spec"))
    if get(spec, "install", "createNamespace") is True:
        for name in {text(spec.get("targetNamespace")), text(spec.get("storageNamespace"))} - {""}:
            yield Thing(to.NAMESPACE, "", name, item)


_Maker = Callable[[KubeObject, Any, str], Iterator[Thing]]
_MAKERS: Mapping[tuple[str, str], _Maker] = {
    (NIM, "NIMService"): _nim,
    (NIM, "NIMPipeline"): _nim,
    (NIM, "NIMCache"): _cache,
    (NIM, "NemoCustomizer"): _nemo,
    (NIM, "NemoDatastore"): _nemo,
    (NIM, "NemoEntitystore"): _nemo,
    (NIM, "NemoEvaluator"): _nemo,
    (NIM, "NemoGuardrail"): _nemo,
    ("external-secrets.io", "ExternalSecret"): _external_secret,
    ("external-secrets.io", "ClusterExternalSecret"): _cluster_external_secret,
    ("bitnami.com", "SealedSecret"): _sealed_secret,
    ("isindir.github.com", "SopsSecret"): _sops_secret,
    ("secrets-store.csi.x-k8s.io", "SecretProviderClass"): _provider_class,
    ("cert-manager.io", "Certificate"): _certificate,
    ("cert-manager.io", "Issuer"): _issuer,
    ("cert-manager.io", "ClusterIssuer"): _issuer,
    ("networking.k8s.io", "Ingress"): _with_certificate,
    ("gateway.networking.k8s.io", "Gateway"): _with_certificate,
    ("keda.sh", "ScaledObject"): _scaled_object,
    ("monitoring.coreos.com", "Prometheus"): _prometheus,
    ("monitoring.coreos.com", "Alertmanager"): _prometheus,
    ("apps", "StatefulSet"): _stateful_set,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): _release,
}
