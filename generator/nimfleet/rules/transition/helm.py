"""What a HelmRelease installs: chart, version, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject
from nimfleet.rules.transition.change import HELM, Applied, Cluster, at, mapping

_SOURCES = "source.toolkit.fluxcd.io"
_EXACT = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(?:\+.*)?")

Objects = Mapping[tuple[str, str], Sequence[Applied]]
Version = tuple[int, int, int, bool, str]


def chart_of(release: Applied, objects: Objects) -> str:
    """Name of the chart, also when an OCIRepository of ``objects`` (those of one side) holds it."""
    return chart_and_version(release, objects)[0]


def chart_and_version(release: Applied, objects: Objects) -> tuple[str, str, KubeObject, Pointer]:
    """Chart, version as it is written (a tag, a range or nothing), and the object and field that say it."""
    spec = mapping(at(release.value, "spec", "chart", "spec"))
    if spec:
        pointer: Pointer = ("spec", "chart", "spec", "version")
        # Of a chart in a Git repository, this is its path.
        chart = str(spec.get("chart") or "").rstrip("/").rpartition("/")[2]
        return chart, str(spec.get("version") or ""), release.object, pointer
    reference = mapping(at(release.value, "spec", "chartRef"))
    namespace = str(reference.get("namespace") or release.id.namespace)
    for source in objects.get((_SOURCES, str(reference.get("kind"))), ()):
        if source.id.name != reference.get("name") or source.id.namespace != namespace:
            continue
        if source.id.kind == "OCIRepository":
            chart = str(at(source.value, "spec", "url") or "").rstrip("/").rpartition("/")[2]
            return chart, str(at(source.value, "spec", "ref", "tag") or ""), source.object, ("spec", "ref", "tag")
        chart, version = (str(at(source.value, "spec", key) or "") for key in ("chart", "version"))
        return chart, version, source.object, ("spec", "version")
    return "", "", release.object, ("spec", "chartRef")


def exact(version: str) -> Version | None:
    """An exact version in an order that compares; None for ranges."""
    match = _EXACT.fullmatch(version)
    if match is None:
        return None
    major, minor, patch, rest = match.groups()
    return (int(major), int(minor), int(patch), rest is None, rest or "")


def release_target(release: Applied) -> tuple[str, str, str]:
    """Name, namespace and storage namespace of the Helm release, with Flux's defaults filled in."""
    spec = mapping(at(release.value, "spec"))
    target = str(spec.get("targetNamespace") or "")
    name = spec.get("releaseName") or "-".join(part for part in (target, release.id.name) if part)
    namespace = target or release.id.namespace
    return str(name), namespace, str(spec.get("storageNamespace") or release.id.namespace)


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """A chart at two exact versions, and where today's is written."""

    chart: str
    was: str
    now: str
    before: Version
    after: Version
    object: KubeObject
    pointer: Pointer


def moves(cluster: Cluster) -> Iterator[Move]:
    """The charts of HelmReleases that have another exact version than in the base; one move a place."""
    seen: set[tuple[str, Pointer]] = set()
    for old, release in cluster.kept_of(HELM, "HelmRelease"):
        chart, now, place, pointer = chart_and_version(release, cluster.after)
        same, was, _, _ = chart_and_version(old, cluster.before)
        before, after = exact(was), exact(now)
        if chart != same or before is None or after is None or before == after:
            continue
        if (str(place.id), pointer) not in seen:
            seen.add((str(place.id), pointer))
            yield Move(chart, was, now, before, after, place, pointer)
