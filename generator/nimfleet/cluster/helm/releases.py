"""The Helm releases that a cluster's HelmReleases make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import yaml

from nimfleet.cluster.model import Cluster, World
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject

GROUP = "helm.toolkit.fluxcd.io"
SOURCES = "source.toolkit.fluxcd.io"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One source of values.

    ``pointer`` is where it is written in ``object``; with ``precise``, the keys of ``values`` follow there (in a ConfigMap they
    are inside of a text).
    """

    object: KubeObject
    pointer: Pointer
    values: Mapping[str, Any]
    precise: bool


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """One HelmRelease.

    ``chart`` is the chart's name, ``""`` when its source is not here; ``version`` is as written in ``version_object`` at
    ``version_pointer`` (there may be nothing); ``pinned`` tells that a digest pins it. ``source`` is the HelmRepository,
    OCIRepository, GitRepository or Bucket (None: not here), ``url`` the first two's. ``values`` are all layers merged as
    Helm does, ``whole`` unless a layer could not be read. ``name``, ``namespace`` and ``storage`` are of the Helm release.
    """

    object: KubeObject
    chart: str
    chart_object: KubeObject
    chart_pointer: Pointer
    version: str
    version_object: KubeObject
    version_pointer: Pointer
    pinned: bool
    source_kind: str
    source: KubeObject | None
    url: str
    values: Mapping[str, Any]
    layers: tuple[Layer, ...]
    whole: bool
    name: str
    namespace: str
    storage: str
    after: tuple[tuple[str, str], ...]

    @property
    def spec(self) -> Mapping[str, Any]:
        """The HelmRelease's spec."""
        return mapping(get(self.object.value, "spec"))

    def at(self, *path: str) -> tuple[KubeObject, Pointer]:
        """Where a value is written, or its deepest part that is; else the chart's place."""
        for layer in reversed(self.layers):
            for length in range(len(path), 0, -1):
                if get(layer.values, *path[:length]) is not None:
                    return layer.object, (*layer.pointer, *(path[:length] if layer.precise else ()))
        return self.chart_object, self.chart_pointer

    def value(self, *path: str) -> Any:
        """A value that is set; None when none is (then the chart's default holds)."""
        return get(self.values, *path)


def releases(cluster: Cluster) -> tuple[Release, ...]:
    """Every HelmRelease of the cluster, in its order."""
    return cluster.once(_releases)


def releases_of(cluster: Cluster, *charts: str) -> tuple[Release, ...]:
    """The releases of these charts."""
    found = cluster.once(_by_chart)
    return tuple(release for chart in charts for release in found.get(chart, ()))


def _by_chart(cluster: Cluster) -> dict[str, list[Release]]:
    found: dict[str, list[Release]] = {}
    for release in releases(cluster):
        found.setdefault(release.chart, []).append(release)
    return found


def _releases(cluster: Cluster) -> tuple[Release, ...]:
    return tuple(_release(cluster, item) for item in cluster.kind(GROUP, "HelmRelease"))


def _release(cluster: Cluster, item: KubeObject) -> Release:
    value = item.value
    spec = mapping(get(value, "spec"))
    chart = _chart(cluster, item, spec)
    layers, whole = _layers(cluster, item, spec)
    merged: dict[str, Any] = {}
    for layer in layers:
        _merge(merged, layer.values)
    target = text(spec.get("targetNamespace"))
    name = text(spec.get("releaseName")) or "-".join(part for part in (target, item.id.name) if part)
    after = tuple(
        (text(entry.get("namespace")) or item.id.namespace, text(entry.get("name")))
        for _, entry in items(spec, "dependsOn")
    )
    return Release(
        object=item,
        values=merged,
        layers=layers,
        whole=whole,
        name=name,
        namespace=target or item.id.namespace,
        storage=text(spec.get("storageNamespace")) or item.id.namespace,
        after=after,
        **chart,
    )


def _chart(cluster: Cluster, item: KubeObject, spec: Mapping[str, Any]) -> dict[str, Any]:
    template = mapping(get(spec, "chart", "spec"))
    if template:
        return _from_template(cluster, item, template, ("spec", "chart", "spec"))
    reference = mapping(spec.get("chartRef"))
    kind = text(reference.get("kind"))
    namespace = text(reference.get("namespace")) or item.id.namespace
    source = cluster.find(SOURCES, kind, namespace, text(reference.get("name")))
    if source is not None and kind == "HelmChart":
        return _from_template(cluster, source, mapping(get(source.value, "spec")), ("spec",))
    url, version, pinned = "", "", False
    where: tuple[KubeObject, Pointer] = (item, ("spec", "chartRef"))
    at: tuple[KubeObject, Pointer] = where
    if source is not None and kind == "OCIRepository":
        url = text(get(source.value, "spec", "url"))
        ref = mapping(get(source.value, "spec", "ref"))
        where = (source, ("spec", "url"))
        if ref.get("digest"):
            at, pinned = (source, ("spec", "ref", "digest")), True
            version = text(ref.get("tag"))
        elif ref.get("semver"):  # it wins over the tag
            at, version = (source, ("spec", "ref", "semver")), text(ref.get("semver"))
        else:
            at, version = (source, ("spec", "ref", "tag")), text(ref.get("tag"))
    return {
        "chart": url.rstrip("/").rpartition("/")[2],
        "chart_object": where[0],
        "chart_pointer": where[1],
        "version": version,
        "version_object": at[0],
        "version_pointer": at[1],
        "pinned": pinned,
        "source_kind": kind,
        "source": source,
        "url": url,
    }


def _from_template(cluster: Cluster, item: KubeObject, template: Mapping[str, Any], pointer: Pointer) -> dict[str, Any]:
    """Of a HelmRelease's ``chart.spec``, or a HelmChart's ``spec``, at ``pointer``."""
    reference = mapping(template.get("sourceRef"))
    kind = text(reference.get("kind"))
    namespace = text(reference.get("namespace")) or item.id.namespace
    source = cluster.find(SOURCES, kind, namespace, text(reference.get("name")))
    version = template.get("version")
    return {
        # Of a chart in a Git repository or Bucket, this is its path.
        "chart": text(template.get("chart")).rstrip("/").rpartition("/")[2],
        "chart_object": item,
        "chart_pointer": (*pointer, "chart"),
        "version": text(version) if version is not None else "",
        "version_object": item,
        "version_pointer": (*pointer, "version"),
        "pinned": False,
        "source_kind": kind,
        "source": source,
        "url": text(get(source.value, "spec", "url")) if source is not None and kind == "HelmRepository" else "",
    }


def _layers(cluster: Cluster, item: KubeObject, spec: Mapping[str, Any]) -> tuple[tuple[Layer, ...], bool]:
    """The values of a release, from the weakest to the strongest, and whether all could be read."""
    layers: list[Layer] = []
    whole = True
    for _, entry in items(spec, "valuesFrom"):
        layer = _from_config_map(cluster, item, entry)
        if layer is None:
            whole = False
        else:
            layers.append(layer)
    for count, reference in enumerate(sequence(get(spec, "chart", "spec", "valuesFiles"))):
        # The first one is commonly the chart's own values.yaml; others are files of the chart that are not here.
        whole = whole and count == 0 and reference == "values.yaml"
    inline = spec.get("values")
    if isinstance(inline, Mapping):
        layers.append(Layer(item, ("spec", "values"), inline, precise=True))
    return tuple(layers), whole


def _from_config_map(cluster: Cluster, item: KubeObject, entry: Mapping[str, Any]) -> Layer | None:
    if entry.get("kind") != "ConfigMap":
        return None
    source = cluster.find("", "ConfigMap", item.id.namespace, text(entry.get("name")))
    if source is None:
        return None
    key = text(entry.get("valuesKey")) or "values.yaml"
    content = get(source.value, "data", key)
    if not isinstance(content, str) or "${" in content:
        return None
    path = text(entry.get("targetPath"))
    if path:
        if any(char in path for char in "[]\\"):
            return None
        value: Any = content
        for part in reversed(path.split(".")):
            value = {part: value}
    else:
        try:
            value = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe
        except (yaml.YAMLError, ValueError, RecursionError):
            return None
    return Layer(source, ("data", key), value, precise=False) if isinstance(value, Mapping) else None


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    """As Helm merges values: mappings key by key, anything else is replaced."""
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        elif isinstance(value, Mapping):
            into[key] = {}
            _merge(into[key], value)
        else:
            into[key] = value


def dependents(cluster: Cluster, release: Release) -> Iterator[Release]:
    """The releases whose ``dependsOn`` names this one."""
    yield from cluster.once(_dependents).get((release.object.id.namespace, release.object.id.name), ())


def _dependents(cluster: Cluster) -> dict[tuple[str, str], list[Release]]:
    found: dict[tuple[str, str], list[Release]] = {}
    for release in releases(cluster):
        for other in release.after:
            found.setdefault(other, []).append(release)
    return found


def sees_all(cluster: Cluster) -> bool:
    """Whether what is not here does not exist: the world is complete, and no Kustomization applies another repository."""
    return cluster.world is World.COMPLETE and all(unit.overlay is not None for unit in cluster.units)


def declared(cluster: Cluster, kind: str, name: str) -> bool:
    """Whether nimfleet.toml says that the cluster has this object from elsewhere."""
    return any(external.kind == kind and fnmatchcase(name, external.name) for external in cluster.externals)
