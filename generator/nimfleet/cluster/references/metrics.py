"""Metrics that autoscalers ask for, and those that prometheus-adapter serves.

Sources: Kubernetes 1.34, ``autoscaling/v2`` (metrics of type Pods and Object come from custom.metrics.k8s.io, External from
external.metrics.k8s.io); prometheus-adapter, ``docs/config.md`` and the chart's values (``rules.default`` serves every series
under its own name).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.helm.releases import releases_of
from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.references.brought import releases
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, text
from nimfleet.repository.model import KubeObject

ADAPTER = "prometheus-adapter"
_GROUPS = {"Pods": "custom.metrics.k8s.io", "Object": "custom.metrics.k8s.io", "External": "external.metrics.k8s.io"}
_PARTS = {"Pods": "pods", "Object": "object", "External": "external"}
_RULES = {"custom.metrics.k8s.io": "custom", "external.metrics.k8s.io": "external"}
_SERIES = re.compile(
    r"""([A-Za-z_:][\w:]*)(?:\{.*)?|\{.*?__name__=(?:~?)["']\^?([A-Za-z_:][\w:]*)\$?["'].*""", re.DOTALL
)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A metric that an autoscaler needs: where its name is written, and the API group that serves it."""

    object: KubeObject
    pointer: Pointer
    group: str
    name: str


def asked(cluster: Cluster) -> Iterator[Asked]:
    """The metrics of HorizontalPodAutoscalers, also of those that the NIM operator makes, that are not CPU and memory."""
    for item in cluster.kind("autoscaling", "HorizontalPodAutoscaler"):
        yield from _metrics(item, ("spec",))
    for kind in ("NIMService", "NemoCustomizer", "NemoDatastore", "NemoEntitystore", "NemoEvaluator", "NemoGuardrail"):
        for item in cluster.kind("apps.nvidia.com", kind):
            yield from _scaled(item, ("spec",))
    for item in cluster.kind("apps.nvidia.com", "NIMPipeline"):
        for pointer, service in items(item.value, "spec", "services"):
            if service.get("enabled") is True:
                yield from _scaled(item, (*pointer, "spec"))


def _scaled(item: KubeObject, at: Pointer) -> Iterator[Asked]:
    if get(item.value, *at, "scale", "enabled") is True:
        yield from _metrics(item, (*at, "scale", "hpa"))


def _metrics(item: KubeObject, at: Pointer) -> Iterator[Asked]:
    for pointer, entry in items(item.value, *at, "metrics"):
        kind = text(entry.get("type"))
        part = _PARTS.get(kind)
        name = text(get(entry, part, "metric", "name")) if part is not None else ""
        if part is not None and name and "${" not in name:
            yield Asked(item, (*pointer, part, "metric", "name"), _GROUPS[kind], name)


def served(cluster: Cluster, group: str) -> frozenset[str] | None:
    """The names of the metrics of ``group``; None when they are not known."""
    if cluster.world is not World.COMPLETE or any(not release.known for release in cluster.once(releases)):
        return None
    if group == "external.metrics.k8s.io" and releases_of(cluster, "keda"):
        return None
    services = (item.id.name for item in cluster.kind("apiregistration.k8s.io", "APIService"))
    if any(name.endswith(f".{group}") for name in services):
        return None
    if any(cluster.declared("APIService", "", f"{version}.{group}") for version in ("v1beta1", "v1beta2")):
        return None
    found: set[str] = set()
    for release in releases_of(cluster, ADAPTER):
        existing = release.value("rules", "existing")
        if (
            not release.whole
            or existing
            or (_RULES[group] == "custom" and release.value("rules", "default") is not False)
        ):
            return None
        for _, rule in items(release.values, "rules", _RULES[group]):
            name = _name(rule)
            if name is None:
                return None
            found.add(name)
    return frozenset(found)


def _name(rule: Mapping[str, Any]) -> str | None:
    """The name under which a rule serves its series; None when there may be several."""
    given = text(get(rule, "name", "as"))
    if given and "$" not in given:
        return given
    series = _SERIES.fullmatch(text(rule.get("seriesQuery")).strip())
    if series is None:
        return None
    name: str = series[1] or series[2]
    try:
        pattern = re.compile(text(get(rule, "name", "matches")) or ".*")
    except re.error:
        return None
    match = pattern.search(name)
    if match is None or (not given and pattern.groups > 1):
        return None
    number = re.fullmatch(r"\$\{?(\d)\}?", given or f"${min(pattern.groups, 1)}")
    return match[int(number[1])] if number is not None and int(number[1]) <= pattern.groups else None
