"""Stage admission: what the operators would refuse, crash or stall on after the API server's schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from nimfleet.engine.environments import environment_of
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.engine.schemas import Schemas, nowhere
from nimfleet.manifest.walk import get, mapping, sequence
from nimfleet.repository.model import KubeObject
from nimfleet.rules.subjects import (
    Admitted,
    AdmittedCache,
    AdmittedKustomization,
    AdmittedNodeClass,
    AdmittedNodePool,
    AdmittedPipeline,
    AdmittedRelease,
    AdmittedService,
    Installed,
    Pool,
)

_NIM = "apps.nvidia.com"
_SUBJECTS: Mapping[tuple[str, str], type[Admitted]] = {
    (_NIM, "NIMCache"): AdmittedCache,
    (_NIM, "NIMPipeline"): AdmittedPipeline,
    (_NIM, "NIMService"): AdmittedService,
    ("helm.toolkit.fluxcd.io", "HelmRelease"): AdmittedRelease,
    ("karpenter.k8s.aws", "EC2NodeClass"): AdmittedNodeClass,
    ("karpenter.sh", "NodePool"): AdmittedNodePool,
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): AdmittedKustomization,
}
# Charts that bring node feature discovery along.
_FEATURE_DISCOVERY = frozenset({"node-feature-discovery", "gpu-operator"})


def admission(runner: Runner, schemas: Schemas) -> Outcome:
    """Judge every object that an operator looks at, whether its schema is content with it or not."""

    def cluster_of(item: KubeObject) -> str:
        state = environment_of(schemas.states, item.folder)
        return state.folder if state else ""

    objects = schemas.repository.objects
    versions = {name: (cluster.core.minor, cluster.pins) for name, cluster in schemas.clusters.items()}
    clusters = installed(objects, cluster_of, versions)
    checked = 0
    for item in objects:
        found = list(subjects(item, clusters[cluster_of(item)]))
        checked += bool(found)
        for subject in found:
            runner.judge(subject, nowhere(item))
    return Outcome(f"{checked} object{'s' if checked != 1 else ''} that operators look at", checked=checked)


def subjects(item: KubeObject, cluster: Installed) -> Iterator[Admitted]:
    """What rules look at in one object; nothing for the kinds that no rule is about."""
    kind = _SUBJECTS.get((item.id.group, item.id.kind))
    if kind is None or not isinstance(item.value, dict):
        return
    spec = item.value.get("spec")
    if kind is AdmittedService:
        yield AdmittedService(item, spec, ("spec",), cluster, item.id.name, ("metadata", "name"))
        return
    yield kind(item, spec, ("spec",), cluster)
    if kind is AdmittedPipeline:
        services = spec.get("services") if isinstance(spec, dict) else None
        for index, service in enumerate(services if isinstance(services, list) else ()):
            # The others are never made into a NIMService.
            if isinstance(service, dict) and service.get("enabled") is True:
                at = ("spec", "services", index)
                yield AdmittedService(
                    item, service.get("spec"), (*at, "spec"), cluster, service.get("name"), (*at, "name")
                )


def installed(
    objects: Iterable[KubeObject],
    cluster_of: Callable[[KubeObject], str],
    versions: Mapping[str, tuple[str, Mapping[str, str]]],
) -> dict[str, Installed]:
    """What runs in each cluster of ``versions`` (Kubernetes version and pins by the cluster's name)."""
    pools: dict[str, dict[str, Pool]] = {name: {} for name in versions}
    discovery: set[str] = set()
    for item in objects:
        kind = (item.id.group, item.id.kind)
        if kind == ("karpenter.sh", "NodePool"):
            known = pools[cluster_of(item)]
            pool = _pool(item)
            known[pool.name] = _both(known[pool.name], pool) if pool.name in known else pool
        elif kind == ("helm.toolkit.fluxcd.io", "HelmRelease"):
            chart = get(item.value, "spec", "chart", "spec", "chart") or get(item.value, "spec", "chartRef", "name")
            if chart in _FEATURE_DISCOVERY:
                discovery.add(cluster_of(item))
    return {
        name: Installed(kubernetes, pins, pools[name], name in discovery)
        for name, (kubernetes, pins) in versions.items()
    }


def _pool(item: KubeObject) -> Pool:
    template = get(item.value, "spec", "template")
    labels = {
        key: value
        for key, value in mapping(get(template, "metadata", "labels")).items()
        if isinstance(key, str) and isinstance(value, str)
    }
    for requirement in sequence(get(template, "spec", "requirements")):
        values = sequence(get(requirement, "values"))
        key = get(requirement, "key")
        if get(requirement, "operator") == "In" and len(values) == 1 and isinstance(key, str):
            labels.setdefault(key, str(values[0]))
    return Pool(item.id.name, labels)


def _both(one: Pool, other: Pool) -> Pool:
    """Two NodePools of one name are of two clusters that are not told apart: what may be."""
    return Pool(one.name, {**other.labels, **one.labels})
