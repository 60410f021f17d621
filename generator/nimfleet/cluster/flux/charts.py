"""What the charts that clusters for NIM commonly install bring and need, as far as order is about it.

The facts are those of the charts' own templates and values at the versions of the catalog.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, mapping, text
from nimfleet.repository.model import KubeObject

HELM = "helm.toolkit.fluxcd.io"
SOURCES = "source.toolkit.fluxcd.io"
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
    """``groups`` are the API groups whose CRDs the chart brings, from ``crds/`` (``directory``; then Flux's ``crds: Skip``
    leaves them out) or its templates, when one of ``switches`` is on (always, without any). ``hooked`` are groups whose
    objects its webhook must let pass, when ``hook`` is on. ``needs`` are groups that must be known before it can be
    installed, each with the switch that makes it so."""

    groups: frozenset[str] = frozenset()
    directory: bool = False
    switches: tuple[Switch, ...] = ()
    hooked: frozenset[str] = frozenset()
    hook: Switch | None = None
    needs: tuple[tuple[str, Switch], ...] = ()


_ALWAYS = Switch((), True)
_MONITOR = Switch(("serviceMonitor", "enabled"), False)

CHARTS: Mapping[str, Facts] = {
    "aws-load-balancer-controller": Facts(
        frozenset({"elbv2.k8s.aws"}),
        directory=True,
        hooked=frozenset({"elbv2.k8s.aws"}),
        needs=((CERTIFICATES, Switch(("enableCertManager",), False)), (MONITORING, _MONITOR)),
    ),
    "cert-manager": Facts(
        frozenset({CERTIFICATES, "acme.cert-manager.io"}),
        switches=(Switch(("crds", "enabled"), False), Switch(("installCRDs",), False)),
        hooked=frozenset({CERTIFICATES, "acme.cert-manager.io"}),
        needs=(
            (MONITORING, Switch(("prometheus", "servicemonitor", "enabled"), False)),
            (MONITORING, Switch(("prometheus", "podmonitor", "enabled"), False)),
        ),
    ),
    "dcgm-exporter": Facts(needs=((MONITORING, Switch(("serviceMonitor", "enabled"), True)),)),
    "external-secrets": Facts(
        frozenset({"external-secrets.io", "generators.external-secrets.io"}),
        switches=(Switch(("installCRDs",), True),),
        hooked=frozenset({"external-secrets.io"}),
        hook=Switch(("webhook", "create"), True),
    ),
    "gpu-operator": Facts(frozenset({"nvidia.com", "nfd.k8s-sigs.io"}), directory=True),
    "k8s-nim-operator": Facts(
        frozenset({"apps.nvidia.com"}),
        directory=True,
        hooked=frozenset({"apps.nvidia.com"}),
        hook=Switch(("operator", "admissionController", "enabled"), False),
        # The mode `secret` brings its own certificate: see needs_of.
        needs=((CERTIFICATES, Switch(("operator", "admissionController", "enabled"), False)),),
    ),
    "karpenter": Facts(
        frozenset({"karpenter.sh", "karpenter.k8s.aws"}), directory=True, needs=((MONITORING, _MONITOR),)
    ),
    "karpenter-crd": Facts(frozenset({"karpenter.sh", "karpenter.k8s.aws"})),
    "keda": Facts(frozenset({"keda.sh", "eventing.keda.sh"}), switches=(Switch(("crds", "install"), True),)),
    "kserve-crd": Facts(frozenset({"serving.kserve.io"})),
    "kserve-resources": Facts(needs=((CERTIFICATES, _ALWAYS),)),
    "kube-prometheus-stack": Facts(
        frozenset({MONITORING}), directory=True, switches=(Switch(("crds", "enabled"), True),)
    ),
    "node-feature-discovery": Facts(frozenset({"nfd.k8s-sigs.io"}), directory=True),
    "prometheus-operator-crds": Facts(frozenset({MONITORING})),
}
"""By name of the chart."""

KNOWN_GROUPS: frozenset[str] = frozenset(group for facts in CHARTS.values() for group in facts.groups)
"""API groups that nothing but a chart of :data:`CHARTS` (or CRDs in the repository) brings."""


def chart_of(cluster: Cluster, release: KubeObject) -> str:
    """Name of the chart that a HelmRelease installs; ``""`` when it cannot be told."""
    spec = get(release.value, "spec")
    chart = text(get(spec, "chart", "spec", "chart"))
    if chart:
        return chart.rstrip("/").rpartition("/")[2]
    kind, name = text(get(spec, "chartRef", "kind")), text(get(spec, "chartRef", "name"))
    source = cluster.find(SOURCES, kind, text(get(spec, "chartRef", "namespace")) or release.id.namespace, name)
    if source is None:
        return ""
    if kind == "HelmChart":
        return text(get(source.value, "spec", "chart")).rstrip("/").rpartition("/")[2]
    return text(get(source.value, "spec", "url")).rstrip("/").rpartition("/")[2]


def brings(chart: str, release: KubeObject) -> frozenset[str]:
    """API groups whose CRDs the release brings."""
    facts = CHARTS.get(chart)
    if facts is None or (facts.directory and text(get(release.value, "spec", "install", "crds")) == "Skip"):
        return frozenset()
    if facts.switches and not _unknown(release):
        values = mapping(get(release.value, "spec", "values"))
        if not any(switch.on(values) for switch in facts.switches):
            return frozenset()
    return facts.groups


def hooks(chart: str, release: KubeObject) -> frozenset[str]:
    """API groups whose objects are refused as long as the release's webhook does not answer."""
    facts = CHARTS.get(chart)
    if facts is None or (facts.hook is not None and not facts.hook.on(mapping(get(release.value, "spec", "values")))):
        return frozenset()
    return facts.hooked


def needs_of(chart: str, release: KubeObject) -> Iterator[str]:
    """API groups that must be known when the release is installed, as its chart has objects of them."""
    facts = CHARTS.get(chart)
    values = mapping(get(release.value, "spec", "values"))
    found: set[str] = set()
    for group, switch in facts.needs if facts is not None else ():
        if chart == "k8s-nim-operator":
            mode = text(get(values, "operator", "admissionController", "tls", "mode")) or "cert-manager"
            if mode != "cert-manager":
                continue
        if switch.on(values):
            found.add(group)
    if chart == "karpenter" and not brings(chart, release):
        # Its controller ends when its own kinds are not known.
        found.update(CHARTS[chart].groups)
    yield from sorted(found)


def _unknown(release: KubeObject) -> bool:
    """Whether values come from somewhere else, too."""
    return bool(get(release.value, "spec", "valuesFrom"))
