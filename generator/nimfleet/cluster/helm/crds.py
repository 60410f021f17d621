"""Which charts bring custom resource definitions, and how.

From the charts' own templates and crds/ folders, as their values.yaml documents them (sources in catalog/data/charts.json).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from nimfleet.cluster.helm.releases import Release, declared, releases_of
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, text


def policy(release: Release, action: str) -> str:
    """``install.crds`` or ``upgrade.crds``, with Flux's default (Create, and Skip)."""
    return text(get(release.spec, action, "crds")) or ("Create" if action == "install" else "Skip")


def _in_folder(release: Release) -> str:
    if policy(release, "install") != "Skip":
        return ""
    also = ", and `upgrade.crds` to `CreateReplace`" if policy(release, "upgrade") == "Skip" else ""
    return f"`install.crds` is `Skip`: set it to `Create`{also}"


def _cert_manager(release: Release) -> str:
    if release.value("crds", "enabled") is True or release.value("installCRDs") is True:
        return ""
    return "its chart brings them only with `crds.enabled: true`: set it"


def _external_secrets(release: Release) -> str:
    return "`installCRDs` is false: set it to true" if release.value("installCRDs") is False else ""


def _keda(release: Release) -> str:
    return "`crds.install` is false: set it to true" if release.value("crds", "install") is False else ""


def _prometheus(release: Release) -> str:
    return (
        "`crds.enabled` is false: set it to true" if release.value("crds", "enabled") is False else _in_folder(release)
    )


@dataclass(frozen=True, slots=True)
class Brings:
    """``missing`` says why a release of the chart does not bring its CRDs, and what to do (``""``: it does), ``values``
    where that is decided.
    ``crd`` is one of them; ``others`` are charts that bring them, too; ``hook`` is a value that upgrades them."""

    crd: str
    missing: Callable[[Release], str]
    values: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    folder: bool = False
    hook: tuple[tuple[str, ...], bool] | None = None


CHARTS: Final[Mapping[str, Brings]] = MappingProxyType(
    {
        "aws-load-balancer-controller": Brings("targetgroupbindings.elbv2.k8s.aws", _in_folder, folder=True),
        "cert-manager": Brings("certificates.cert-manager.io", _cert_manager, ("crds", "enabled")),
        "external-secrets": Brings("externalsecrets.external-secrets.io", _external_secrets, ("installCRDs",)),
        "gpu-operator": Brings(
            "clusterpolicies.nvidia.com", _in_folder, folder=True, hook=(("operator", "upgradeCRD"), True)
        ),
        "k8s-nim-operator": Brings(
            "nimservices.apps.nvidia.com", _in_folder, folder=True, hook=(("operator", "upgradeCRD"), True)
        ),
        "karpenter": Brings("nodepools.karpenter.sh", _in_folder, others=("karpenter-crd",), folder=True),
        "keda": Brings("scaledobjects.keda.sh", _keda, ("crds", "install")),
        "kube-prometheus-stack": Brings(
            "servicemonitors.monitoring.coreos.com",
            _prometheus,
            ("crds", "enabled"),
            others=("prometheus-operator-crds",),
            folder=True,
            hook=(("crds", "upgradeJob", "enabled"), False),
        ),
        "node-feature-discovery": Brings("nodefeatures.nfd.k8s-sigs.io", _in_folder, folder=True),
    }
)
"""``folder`` says that the CRDs lie in crds/, which Helm installs but never upgrades; ``hook`` has the chart's default."""


def brought_otherwise(cluster: Cluster, brings: Brings) -> bool:
    """Whether somebody else brings these CRDs, or may: an object, another chart, nimfleet.toml, or a release whose chart is
    not known because its source is not here."""
    group = brings.crd.partition(".")[2]
    if releases_of(cluster, *brings.others, "") or declared(cluster, "CustomResourceDefinition", brings.crd):
        return True
    crds = cluster.kind("apiextensions.k8s.io", "CustomResourceDefinition")
    return any(item.id.name.partition(".")[2] == group for item in crds)
