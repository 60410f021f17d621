"""Values without which a chart cannot work (its own values.yaml and templates)."""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import Release, declared, releases_of
from nimfleet.cluster.model import Cluster, World

TLS_MODES = ("cert-manager", "secret")
"""Where the NIM operator's webhook may have its certificate from."""


def required(release: Release) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values that must not be empty, and what they are."""
    if release.chart == "karpenter":
        yield ("settings", "clusterName"), "the name of the EKS cluster"
    elif release.chart == "aws-load-balancer-controller":
        yield ("clusterName",), "the name of the EKS cluster"
    elif release.chart == "k8s-nim-operator":
        path = ("operator", "admissionController")
        if release.value(*path, "enabled") is not True:
            return
        mode = release.value(*path, "tls", "mode") or "cert-manager"
        issuer = release.value(*path, "tls", "certManager", "issuerType") or "selfsigned"
        if mode == "secret":
            yield (*path, "tls", "secret", "name"), "the Secret with the webhook's certificate (`tls.mode` is `secret`)"
            yield (*path, "tls", "secret", "caBundle"), "the CA of the webhook's certificate (`tls.mode` is `secret`)"
        elif mode == "cert-manager" and issuer != "selfsigned":
            yield (*path, "tls", "certManager", "issuerName"), f"the issuer (`issuerType` is `{issuer}`)"


def unset(cluster: Cluster, release: Release) -> Iterator[tuple[tuple[str, ...], str]]:
    """Those of :func:`required` that are not set; none where that cannot be told."""
    if cluster.world is World.COMPLETE and release.whole:
        for path, words in required(release):
            if release.value(*path) in (None, ""):
                yield path, words
        path = ("prometheus", "url")
        if (
            release.chart == "prometheus-adapter"
            and release.value(*path) in (None, "")
            and not _default_is_there(cluster)
        ):
            yield path, "the address of Prometheus (the chart's default is `http://prometheus.default.svc`)"


def _default_is_there(cluster: Cluster) -> bool:
    """Whether something may answer at the address that prometheus-adapter takes for Prometheus'."""
    if cluster.find("", "Service", "default", "prometheus") or declared(cluster, "Service", "prometheus"):
        return True
    return any(
        other.namespace == "default" for other in releases_of(cluster, "prometheus", "kube-prometheus-stack", "")
    )
