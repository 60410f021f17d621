"""What is in a cluster although the repository does not say so: by Kubernetes, EKS, Flux, and well-known charts.

Sources: Kubernetes 1.34 (default RBAC, priority classes, kube-root-ca.crt), EKS (kube-dns, storage class gp2), Flux 2
(``flux bootstrap``), and the charts' templates and default values at the versions of the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from nimfleet.cluster.charts import CHARTS, DRIVERS
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references import model as to
from nimfleet.cluster.references.model import Target, Thing
from nimfleet.config.model import External
from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.repository.model import KubeObject

SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""Where EKS and its add-ons put their own things."""

_FLUX_CONTROLLERS = (
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
    "image-reflector-controller",
    "image-automation-controller",
    "source-watcher",
)

_ALWAYS = (
    *(Thing(to.NAMESPACE, "", name) for name in ("default", *sorted(SYSTEM_NAMESPACES))),
    *(Thing(to.PRIORITY_CLASS, "", f"system-{part}-critical") for part in ("cluster", "node")),
    *(Thing(to.CLUSTER_ROLE, "", name) for name in ("cluster-admin", "admin", "edit", "view")),
    Thing(to.SERVICE_ACCOUNT, "*", "default"),
    Thing(to.CONFIG_MAP, "*", "kube-root-ca.crt", keys=frozenset({"ca.crt"})),
    Thing(to.SERVICE, "default", "kubernetes", keys=frozenset({"443", "https"})),
    Thing(to.SERVICE, "kube-system", "kube-dns", keys=frozenset({"53", "dns", "dns-tcp", "9153", "metrics"})),
    Thing(to.ROLE, "kube-system", "extension-apiserver-authentication-reader"),
    Thing(to.STORAGE_CLASS, "", "gp2"),
)

_FLUX = (
    Thing(to.NAMESPACE, "", "flux-system"),
    Thing(to.SECRET, "flux-system", "flux-system"),
    *(Thing(to.SERVICE_ACCOUNT, "flux-system", name) for name in _FLUX_CONTROLLERS),
    *(
        Thing(to.SERVICE, "flux-system", name)
        for name in ("source-controller", "notification-controller", "webhook-receiver")
    ),
    *(Thing(to.DEPLOYMENT, "flux-system", name) for name in _FLUX_CONTROLLERS),
)


@dataclass(frozen=True, slots=True)
class _Chart:
    """What a chart makes of kinds without namespaces: target, path of the value that has the name, default name, path of a
    switch."""

    makes: tuple[tuple[Target, str, str, str], ...] = ()


_PLAIN = _Chart()

_CHARTS: Mapping[str, _Chart] = {
    **dict.fromkeys((*CHARTS, *DRIVERS.values()), _PLAIN),
    "aws-load-balancer-controller": _Chart(((to.INGRESS_CLASS, "ingressClass", "alb", "createIngressClassResource"),)),
    "ingress-nginx": _Chart(
        (
            (
                to.INGRESS_CLASS,
                "controller.ingressClassResource.name",
                "nginx",
                "controller.ingressClassResource.enabled",
            ),
        )
    ),
    "traefik": _Chart(((to.INGRESS_CLASS, "ingressClass.name", "traefik", ""), (to.GATEWAY_CLASS, "", "traefik", ""))),
    "gpu-operator": _Chart(
        (
            (to.RUNTIME_CLASS, "operator.runtimeClass", "nvidia", ""),
            (to.RUNTIME_CLASS, "", "nvidia-cdi", ""),
            (to.RUNTIME_CLASS, "", "nvidia-legacy", ""),
        )
    ),
    "istio-base": _PLAIN,
    "istiod": _Chart(
        (
            (to.GATEWAY_CLASS, "", "istio", ""),
            (to.GATEWAY_CLASS, "", "istio-remote", ""),
            (to.GATEWAY_CLASS, "", "istio-waypoint", ""),
        )
    ),
    "cilium": _Chart(((to.GATEWAY_CLASS, "", "cilium", ""), (to.INGRESS_CLASS, "", "cilium", ""))),
    "aws-mountpoint-s3-csi-driver": _Chart(
        ((to.NAMESPACE, "mountpointPod.namespace", "mount-s3", ""), (to.PRIORITY_CLASS, "", "mount-s3-critical", ""))
    ),
    **dict.fromkeys(
        (
            "cluster-autoscaler",
            "eks-pod-identity-agent",
            "external-dns",
            "fluent-bit",
            "grafana",
            "lws",
            "metrics-server",
            "neuron-helm-chart",
            "nvidia-device-plugin",
            "open-webui",
            "prometheus",
            "prometheus-adapter",
            "reloader",
            "sealed-secrets",
        ),
        _PLAIN,
    ),
}


@dataclass(frozen=True, slots=True)
class Release:
    """A Helm release that Flux installs: its object, chart (``""``: not known), namespace, name, and whether it is known what
    its chart makes of kinds without namespaces."""

    source: KubeObject
    chart: str
    namespace: str
    name: str

    @property
    def known(self) -> bool:
        """Whether it is known what the chart makes."""
        return self.chart in _CHARTS


def releases(cluster: Cluster) -> tuple[Release, ...]:
    """The Helm releases of a cluster; use with ``cluster.once``."""
    found = []
    for item in cluster.kind("helm.toolkit.fluxcd.io", "HelmRelease"):
        spec = mapping(get(item.value, "spec"))
        namespace = text(spec.get("targetNamespace")) or item.id.namespace
        default = f"{spec['targetNamespace']}-{item.id.name}" if spec.get("targetNamespace") else item.id.name
        name = text(spec.get("releaseName")) or default
        found.append(Release(item, _chart(cluster, item, spec), namespace, name))
    return tuple(found)


def _chart(cluster: Cluster, item: KubeObject, spec: Mapping[str, Any]) -> str:
    direct = text(get(spec, "chart", "spec", "chart"))
    if direct:
        return direct.rstrip("/").rpartition("/")[2]
    reference = mapping(spec.get("chartRef"))
    namespace = text(reference.get("namespace")) or item.id.namespace
    source = cluster.find(
        "source.toolkit.fluxcd.io", text(reference.get("kind")), namespace, text(reference.get("name"))
    )
    if source is None:
        return ""
    url = text(get(source.value, "spec", "url")) or text(get(source.value, "spec", "chart"))
    return url.rstrip("/").rpartition("/")[2]


def brought(cluster: Cluster) -> Iterator[Thing]:
    """What is there without being written: always, with Flux, and by the charts of the cluster's releases."""
    yield from _ALWAYS
    if (
        cluster.units
        or cluster.kind("kustomize.toolkit.fluxcd.io", "Kustomization")
        or cluster.kind("helm.toolkit.fluxcd.io", "HelmRelease")
    ):
        yield from _FLUX
    for release in cluster.once(releases):
        values = mapping(get(release.source.value, "spec", "values"))
        for target, path, default, switch in _CHARTS.get(release.chart, _PLAIN).makes:
            if switch and get(values, *switch.split(".")) is False:
                continue
            name = text(get(values, *path.split("."))) if path else ""
            yield Thing(target, "", name or default, release.source)
        for part in ("storageClasses", "storageClass"):  # of the CSI drivers' charts
            for _, entry in items(values, part):
                yield Thing(to.STORAGE_CLASS, "", text(entry.get("name")), release.source)
        yield from _extra_objects(release, values)
    yield from _by_hand(cluster)


def _by_hand(cluster: Cluster) -> Iterator[Thing]:
    """The secrets that an environment says are made by hand (or that its owner has yet to encrypt)."""
    if cluster.plan is None:
        return
    secrets, namespace = cluster.plan.intent.secrets, cluster.plan.intent.namespace
    encrypted = secrets.method == "sops" and any(item.id.namespace == namespace for item in cluster.kind("", "Secret"))
    if secrets.method == "external-secrets" or encrypted:
        return
    yield Thing(to.SECRET, namespace, secrets.auth_secret, None, frozenset({"NGC_API_KEY"}), "Opaque")
    docker = frozenset({".dockerconfigjson"})
    yield Thing(to.SECRET, namespace, secrets.pull_secret, None, docker, "kubernetes.io/dockerconfigjson")


def _extra_objects(release: Release, values: Mapping[str, Any]) -> Iterator[Thing]:
    """Manifests among a release's values, which many charts take under such names."""
    for part in ("extraObjects", "extraManifests", "extraDeploy", "additionalResources"):
        for _, entry in items(values, part):
            group = text(entry.get("apiVersion")).rpartition("/")[0]
            target = to.TARGETS.get((group, text(entry.get("kind"))))
            if target is not None:
                namespace = text(get(entry, "metadata", "namespace")) or release.namespace
                name = text(get(entry, "metadata", "name"))
                yield Thing(target, namespace if target.namespaced else "", name, release.source)


def external(cluster: Cluster, target: Target, namespace: str, name: str) -> External | None:
    """What nimfleet.toml says that the cluster has of this kind, namespace and name."""
    for entry in cluster.externals:
        if (
            entry.kind == target.kind
            and fnmatchcase(name, entry.name)
            and (not entry.namespace or not namespace or fnmatchcase(namespace, entry.namespace))
        ):
            return entry
    return None


def made_by_a_chart(cluster: Cluster, target: Target, namespace: str, name: str) -> bool:
    """Whether a chart may make it: any whose contents are not known, or one (in the namespace, for kinds that have one) whose
    names begin like this one."""
    if target is to.NAMESPACE:
        return False  # charts leave their namespace to Helm
    named_by_release = target.namespaced or target is to.CLUSTER_ROLE
    return any(
        not release.known or (named_by_release and _is_name_of(cluster, release, name))
        for release in cluster.once(releases)
        if not target.namespaced or release.namespace == namespace
    )


def _is_name_of(cluster: Cluster, release: Release, name: str) -> bool:
    """Whether a chart may give the name: it begins with that of the release or chart, or is written among the values."""
    if name.startswith((release.name, release.chart)) or name in _OPERATED.get(release.chart, ()):
        return True
    return any(word and name.startswith(word) for word in cluster.once(_names_in_values)[release.source.id])


_OPERATED = {"kube-prometheus-stack": ("prometheus-operated", "alertmanager-operated")}
_NAMES = re.compile(r"(?i).*(name|override|secret|account)")


def _names_in_values(cluster: Cluster) -> Mapping[ObjectId, frozenset[str]]:
    return {
        release.source.id: frozenset(_named(get(release.source.value, "spec", "values")))
        for release in cluster.once(releases)
    }


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if isinstance(part, str) and _NAMES.fullmatch(str(key)):
                yield part
            else:
                yield from _named(part)
    elif isinstance(value, list):
        for part in value:
            yield from _named(part)
