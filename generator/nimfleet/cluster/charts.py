"""What the charts that clusters for NIM commonly install bring and need.

The facts are those of the charts' own templates, values and crds/ folders at the versions of catalog/data/charts.json (which
names the sources of each); that a chart has the version of its CRDs, of its Chart.yaml (appVersion equals version).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from nimfleet.manifest.walk import get

CERTIFICATES = "cert-manager.io"
MONITORING = "monitoring.coreos.com"


@dataclass(frozen=True, slots=True)
class Switch:
    """A value of a chart that must be true, and what it is when it is not set."""

    path: tuple[str, ...]
    default: bool

    def on(self, values: Any) -> bool:
        """Whether ``values`` of a release turn it on."""
        found = get(values, *self.path)
        return self.default if found is None else found is True


@dataclass(frozen=True, slots=True)
class Facts:
    """``crd`` is one of the CRDs that the chart brings, ``groups`` are their API groups: from ``crds/`` (``folder``; then
    Flux's ``crds: Skip`` leaves them out, and Helm never upgrades them, unless the value ``upgrade`` has the chart do it) or
    its templates, when one of ``switches`` is on (always, without any). ``project`` is the one that makes them, where their
    version is that of the chart. ``hooked`` are groups whose objects its webhook must let pass, when ``hook`` is on. ``needs``
    are groups that must be known before it can be installed, each with the switch that makes it so."""

    crd: str = ""
    groups: frozenset[str] = frozenset()
    project: str = ""
    folder: bool = False
    switches: tuple[Switch, ...] = ()
    upgrade: Switch | None = None
    hooked: frozenset[str] = frozenset()
    hook: Switch | None = None
    needs: tuple[tuple[str, Switch], ...] = ()


_ALWAYS = Switch((), True)
_MONITOR = Switch(("serviceMonitor", "enabled"), False)

CHARTS: Final[Mapping[str, Facts]] = MappingProxyType(
    {
        "aws-load-balancer-controller": Facts(
            "targetgroupbindings.elbv2.k8s.aws",
            frozenset({"elbv2.k8s.aws"}),
            "aws-load-balancer-controller",
            folder=True,
            hooked=frozenset({"elbv2.k8s.aws"}),
            needs=((CERTIFICATES, Switch(("enableCertManager",), False)), (MONITORING, _MONITOR)),
        ),
        "cert-manager": Facts(
            "certificates.cert-manager.io",
            frozenset({CERTIFICATES, "acme.cert-manager.io"}),
            "cert-manager",
            switches=(Switch(("crds", "enabled"), False), Switch(("installCRDs",), False)),
            hooked=frozenset({CERTIFICATES, "acme.cert-manager.io"}),
            needs=(
                (MONITORING, Switch(("prometheus", "servicemonitor", "enabled"), False)),
                (MONITORING, Switch(("prometheus", "podmonitor", "enabled"), False)),
            ),
        ),
        "dcgm-exporter": Facts(needs=((MONITORING, Switch(("serviceMonitor", "enabled"), True)),)),
        "external-secrets": Facts(
            "externalsecrets.external-secrets.io",
            frozenset({"external-secrets.io", "generators.external-secrets.io"}),
            "external-secrets",
            switches=(Switch(("installCRDs",), True),),
            hooked=frozenset({"external-secrets.io"}),
            hook=Switch(("webhook", "create"), True),
        ),
        # Its CRDs are there before there is anything for Flux to do.
        "flux-operator": Facts(project="flux-operator"),
        "gpu-operator": Facts(
            "clusterpolicies.nvidia.com",
            frozenset({"nvidia.com", "nfd.k8s-sigs.io"}),
            folder=True,
            upgrade=Switch(("operator", "upgradeCRD"), True),
        ),
        "k8s-nim-operator": Facts(
            "nimservices.apps.nvidia.com",
            frozenset({"apps.nvidia.com"}),
            "k8s-nim-operator",
            folder=True,
            upgrade=Switch(("operator", "upgradeCRD"), True),
            hooked=frozenset({"apps.nvidia.com"}),
            hook=Switch(("operator", "admissionController", "enabled"), False),
            # With `tls.mode: secret` it brings its own certificate.
            needs=((CERTIFICATES, Switch(("operator", "admissionController", "enabled"), False)),),
        ),
        "karpenter": Facts(
            "nodepools.karpenter.sh",
            frozenset({"karpenter.sh", "karpenter.k8s.aws"}),
            "karpenter-provider-aws",
            folder=True,
            needs=((MONITORING, _MONITOR),),
        ),
        "karpenter-crd": Facts(
            "nodepools.karpenter.sh", frozenset({"karpenter.sh", "karpenter.k8s.aws"}), "karpenter-provider-aws"
        ),
        "keda": Facts(
            "scaledobjects.keda.sh",
            frozenset({"keda.sh", "eventing.keda.sh"}),
            "keda",
            switches=(Switch(("crds", "install"), True),),
            needs=((MONITORING, Switch(("prometheus", "operator", "serviceMonitor", "enabled"), False)),),
        ),
        "kserve-crd": Facts("inferenceservices.serving.kserve.io", frozenset({"serving.kserve.io"})),
        "kserve-resources": Facts(needs=((CERTIFICATES, _ALWAYS),)),
        "kube-prometheus-stack": Facts(
            "servicemonitors.monitoring.coreos.com",
            frozenset({MONITORING}),
            folder=True,
            switches=(Switch(("crds", "enabled"), True),),
            upgrade=Switch(("crds", "upgradeJob", "enabled"), False),
        ),
        "node-feature-discovery": Facts("nodefeatures.nfd.k8s-sigs.io", frozenset({"nfd.k8s-sigs.io"}), folder=True),
        "prometheus-operator-crds": Facts("servicemonitors.monitoring.coreos.com", frozenset({MONITORING})),
    }
)
"""By name of the chart."""

KNOWN_GROUPS: Final = frozenset(group for facts in CHARTS.values() for group in facts.groups)
"""API groups that nothing but a chart of :data:`CHARTS` (or CRDs in the repository) brings."""

DRIVERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ebs.csi.aws.com": "aws-ebs-csi-driver",
        "efs.csi.aws.com": "aws-efs-csi-driver",
        "fsx.csi.aws.com": "aws-fsx-csi-driver",
        "s3.csi.aws.com": "aws-mountpoint-s3-csi-driver",
    }
)
"""By provisioner, the chart of the CSI driver."""


def charts_of(group: str) -> tuple[str, ...]:
    """The charts that bring the CRDs of an API group."""
    return tuple(chart for chart, facts in CHARTS.items() if group in facts.groups)
