"""What releases need of other releases, by their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from nimfleet.cluster.helm.releases import Release

_MONITORS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "cert-manager": ("prometheus", "servicemonitor", "enabled"),
        "dcgm-exporter": ("serviceMonitor", "enabled"),
        "karpenter": ("serviceMonitor", "enabled"),
        "keda": ("prometheus", "operator", "serviceMonitor", "enabled"),
    }
)
"""Values with which these charts make a ServiceMonitor, whether that kind is served or not."""


@dataclass(frozen=True, slots=True)
class Need:
    """One of ``charts`` must be there, because of the value at ``path``.

    ``why`` ends a sentence. ``crd`` is a CustomResourceDefinition that the chart brings, and for which nimfleet.toml may vouch.
    """

    charts: tuple[str, ...]
    path: tuple[str, ...]
    why: str
    crd: str


def needs(release: Release) -> Iterator[Need]:
    """What ``release`` needs of others."""
    certificates = ("cert-manager",), "certificates.cert-manager.io"
    if release.chart == "k8s-nim-operator":
        path = ("operator", "admissionController", "enabled")
        mode = release.value("operator", "admissionController", "tls", "mode") or "cert-manager"
        if release.value(*path) is True and mode == "cert-manager":
            yield Need(certificates[0], path, "its webhook has a certificate of cert-manager", certificates[1])
    if release.chart == "aws-load-balancer-controller" and release.value("enableCertManager") is True:
        why = "its webhook has a certificate of cert-manager"
        yield Need(certificates[0], ("enableCertManager",), why, certificates[1])
    monitor = _MONITORS.get(release.chart)
    if monitor is not None and release.value(*monitor) is True:
        yield Need(
            ("kube-prometheus-stack", "prometheus-operator-crds"),
            monitor,
            "it makes a ServiceMonitor",
            "servicemonitors.monitoring.coreos.com",
        )
