"""What the HelmReleases of a cluster install, bring and need, as far as order is about it."""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.charts import CHARTS
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get, mapping, text
from nimfleet.repository.model import KubeObject

HELM = "helm.toolkit.fluxcd.io"
SOURCES = "source.toolkit.fluxcd.io"


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
    if facts is None or (facts.folder and text(get(release.value, "spec", "install", "crds")) == "Skip"):
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
