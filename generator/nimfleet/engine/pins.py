"""Which releases the repository installs: the versions of charts that bring custom resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nimfleet.cluster.charts import CHARTS
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, mapping
from nimfleet.repository.model import KubeObject

_EXACT = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")


@dataclass(frozen=True, slots=True, eq=False)
class ChartPin:
    """A chart at one exact version, and the object and field that say so."""

    project: str
    version: str
    object: KubeObject
    pointer: Pointer


def chart_pins(objects: Iterable[KubeObject], cluster_of: Callable[[KubeObject], str]) -> list[ChartPin]:
    """Exact pins by HelmReleases, directly or through the tag of their cluster's OCIRepository; ranges pin
    nothing."""
    releases: list[KubeObject] = []
    repositories: dict[tuple[str, str, str], KubeObject] = {}
    for item in objects:
        if item.id.kind == "HelmRelease" and item.id.group == "helm.toolkit.fluxcd.io":
            releases.append(item)
        elif item.id.kind == "OCIRepository" and item.id.group == "source.toolkit.fluxcd.io":
            repositories.setdefault((cluster_of(item), item.id.namespace, item.id.name), item)
    pins = []
    for release in releases:
        chart = mapping(get(release.value, "spec", "chart", "spec"))
        if chart:
            pin = _pin(str(chart.get("chart")), chart.get("version"), release, ("spec", "chart", "spec", "version"))
        else:
            reference = mapping(get(release.value, "spec", "chartRef"))
            if reference.get("kind") != "OCIRepository":
                continue
            namespace = str(reference.get("namespace") or release.id.namespace)
            source = repositories.get((cluster_of(release), namespace, str(reference.get("name"))))
            if source is None:
                continue
            url = get(source.value, "spec", "url")
            tag = get(source.value, "spec", "ref", "tag")
            pin = _pin(str(url).rstrip("/").rpartition("/")[2], tag, source, ("spec", "ref", "tag"))
        if pin is not None:
            pins.append(pin)
    return pins


def _pin(chart: str, version: object, item: KubeObject, pointer: Pointer) -> ChartPin | None:
    facts = CHARTS.get(chart)
    project = facts.project if facts is not None else ""
    if not project or not isinstance(version, str):
        return None
    exact = version.removeprefix("v")
    if not _EXACT.fullmatch(exact):
        return None
    return ChartPin(project, exact, item, pointer)
