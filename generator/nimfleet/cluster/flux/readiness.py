"""What objects wait for before they are ready, beyond being applied.

Only what keeps an object from becoming ready for certain, and only as far as it is among the objects: what is not here
may be in the cluster from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nimfleet.cluster.charts import DRIVERS
from nimfleet.cluster.flux.charts import HELM, SOURCES
from nimfleet.cluster.flux.events import Event, Need, What, Why
from nimfleet.cluster.flux.graph import Graph, is_definition
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, items, sequence, text
from nimfleet.repository.model import KubeObject
from nimfleet.repository.overlay import FLUX_GROUP

STORES = "external-secrets.io"
KARPENTER = "karpenter.sh"
NODE_CLASS = "karpenter.k8s.aws"
STORAGE = "storage.k8s.io"
POOL_LABEL = "karpenter.sh/nodepool"

_CONTROLLERS: Mapping[str, tuple[str, ...]] = {
    NIM: ("k8s-nim-operator",),
    STORES: ("external-secrets",),
    KARPENTER: ("karpenter",),
    NODE_CLASS: ("karpenter",),
    "cert-manager.io": ("cert-manager",),
}
"""By API group, the charts whose controllers make its objects ready."""

_GPU_CHARTS = ("nvidia-device-plugin", "gpu-operator")


class Readiness:
    """Conditions of readiness, by kind."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.cluster = graph.cluster
        self._by_chart: dict[str, list[KubeObject]] = {}
        for release, chart in graph.charts.items():
            self._by_chart.setdefault(chart, []).append(release)
        self._kinds: dict[tuple[str, str], Callable[[KubeObject], Iterator[Need]]] = {
            (NIM, "NIMCache"): self._cache,
            (NIM, "NIMService"): self._service,
            (NIM, "NIMPipeline"): self._pipeline,
            (STORES, "ExternalSecret"): self._external_secret,
            (STORES, "SecretStore"): self._nothing,
            (STORES, "ClusterSecretStore"): self._nothing,
            (KARPENTER, "NodePool"): self._node_pool,
            (NODE_CLASS, "EC2NodeClass"): self._nothing,
            ("cert-manager.io", "Certificate"): self._certificate,
            ("cert-manager.io", "Issuer"): self._nothing,
            ("cert-manager.io", "ClusterIssuer"): self._nothing,
            ("", "PersistentVolumeClaim"): self._claim,
            (HELM, "HelmRelease"): self._nothing,
            (FLUX_GROUP, "Kustomization"): self._nothing,
            **{
                (SOURCES, kind): self._source for kind in ("GitRepository", "OCIRepository", "HelmRepository", "Bucket")
            },
        }
        self._secrets: dict[tuple[str, str], list[KubeObject]] = {}
        """By namespace and name, the ExternalSecrets that make a Secret."""
        self._users: dict[tuple[str, str], list[KubeObject]] | None = None
        self._controllers: dict[str, tuple[tuple[Event, ...], str]] = {}
        self._configs: dict[tuple[str, str, str], tuple[Event, ...]] = {}
        for item in self.cluster.kind(STORES, "ExternalSecret"):
            name = text(get(item.value, "spec", "target", "name")) or item.id.name
            self._secrets.setdefault((item.id.namespace, name), []).append(item)

    def has(self, item: KubeObject) -> bool:
        """Whether the object becomes ready some time after it is applied."""
        return (item.id.group, item.id.kind) in self._kinds

    def needs(self, item: KubeObject) -> Iterator[Need]:
        """What an object that is applied still waits for."""
        group = item.id.group
        charts = _CONTROLLERS.get(group, ())
        if group not in self._controllers:
            releases = [release for chart in charts for release in self._by_chart.get(chart, ())]
            names = " or ".join(f"HelmRelease {release.id.name}" for release in releases)
            events = tuple(Event(What.READY, release) for release in releases)
            self._controllers[group] = events, f"the controller of {names}"
        events, words = self._controllers[group]
        if events:
            yield Need(events, Why.CONTROLLER, words, item)
        yield from self._kinds[group, item.id.kind](item)

    def exists(self, item: KubeObject) -> tuple[Event, ...] | None:
        """Events of which one makes an object exist; None when it is there from the start."""
        units = self.graph.units_of(item)
        if not units or item in self.graph.given:
            return None
        what = What.DEFINED if is_definition(item) else What.APPLIED
        return tuple(Event(what, unit.kustomization) for unit in units)

    def there(self, item: KubeObject, why: Why, words: str, by: KubeObject, pointer: Pointer = ()) -> Iterator[Need]:
        """The need that ``item`` exists, and is ready where it becomes so."""
        if self.has(item):
            yield Need((Event(What.READY, item),), why, words, by, pointer)
        else:
            events = self.exists(item)
            if events is not None:
                yield Need(events, why, words, by, pointer)

    def config(
        self, kind: str, namespace: str, name: str, why: Why, by: KubeObject, pointer: Pointer
    ) -> Iterator[Need]:
        """The need for a ConfigMap or Secret, if something here makes it."""
        key = (kind, namespace, name)
        if key not in self._configs:
            self._configs[key] = self._made(kind, namespace, name)
        events = self._configs[key]
        if events:
            yield Need(events, why, f"{kind} {namespace}/{name}", by, pointer)

    def _made(self, kind: str, namespace: str, name: str) -> tuple[Event, ...]:
        """Events of which one makes a ConfigMap or Secret; none where it is there from the start, or comes from elsewhere."""
        item = self.cluster.find("", kind, namespace, name)
        makers = self._secrets.get((namespace, name), ()) if kind == "Secret" else ()
        events = tuple(Event(What.READY, maker) for maker in makers)
        if item is None:
            return events
        there = self.exists(item)
        return () if there is None else events + there

    def _nothing(self, item: KubeObject) -> Iterator[Need]:
        return iter(())

    def _source(self, item: KubeObject) -> Iterator[Need]:
        if get(item.value, "spec", "suspend") is True:
            yield Need((), Why.SUSPENDED, "somebody to resume it: `suspend: true`", item, ("spec", "suspend"))
        name = text(get(item.value, "spec", "secretRef", "name"))
        if name:
            pointer = ("spec", "secretRef", "name")
            yield from self.config("Secret", item.id.namespace, name, Why.REFERENCE, item, pointer)

    def _node_pool(self, item: KubeObject) -> Iterator[Need]:
        pointer: Pointer = ("spec", "template", "spec", "nodeClassRef", "name")
        name = text(get(item.value, *pointer))
        target = self.cluster.find(NODE_CLASS, "EC2NodeClass", "", name)
        if target is not None:
            yield from self.there(target, Why.REFERENCE, f"EC2NodeClass {name}", item, pointer)

    def _external_secret(self, item: KubeObject) -> Iterator[Need]:
        reference = get(item.value, "spec", "secretStoreRef")
        kind = text(get(reference, "kind")) or "SecretStore"
        namespace = item.id.namespace if kind == "SecretStore" else ""
        target = self.cluster.find(STORES, kind, namespace, text(get(reference, "name")))
        if target is not None:
            pointer = ("spec", "secretStoreRef", "name")
            yield from self.there(target, Why.REFERENCE, f"{kind} {target.id.name}", item, pointer)

    def _certificate(self, item: KubeObject) -> Iterator[Need]:
        reference = get(item.value, "spec", "issuerRef")
        kind = text(get(reference, "kind")) or "Issuer"
        namespace = item.id.namespace if kind == "Issuer" else ""
        target = self.cluster.find("cert-manager.io", kind, namespace, text(get(reference, "name")))
        if target is not None:
            yield from self.there(
                target, Why.REFERENCE, f"{kind} {target.id.name}", item, ("spec", "issuerRef", "name")
            )

    def _cache(self, item: KubeObject) -> Iterator[Need]:
        spec = get(item.value, "spec")
        for source in ("ngc", "dataStore", "hf"):
            for key in ("pullSecret", "authSecret"):
                name = text(get(spec, "source", source, key))
                if name:
                    pointer: Pointer = ("spec", "source", source, key)
                    yield from self.config("Secret", item.id.namespace, name, Why.REFERENCE, item, pointer)
        yield from self._volume(item, ("spec", "storage", "pvc"))
        yield from self._pool(item, ("spec",), gpu=False)

    def _service(self, item: KubeObject) -> Iterator[Need]:
        yield from self._served(item, ("spec",))

    def _pipeline(self, item: KubeObject) -> Iterator[Need]:
        for pointer, service in items(item.value, "spec", "services"):
            if service.get("enabled") is True:
                yield from self._served(item, (*pointer, "spec"))

    def _served(self, item: KubeObject, at: Pointer) -> Iterator[Need]:
        spec = get(item.value, *at)
        cache = text(get(spec, "storage", "nimCache", "name"))
        target = self.cluster.find(NIM, "NIMCache", item.id.namespace, cache)
        if target is not None:
            pointer = (*at, "storage", "nimCache", "name")
            yield from self.there(target, Why.REFERENCE, f"NIMCache {cache}", item, pointer)
        names: list[tuple[Pointer, Any]] = [((*at, "authSecret"), get(spec, "authSecret"))]
        for index, name in enumerate(sequence(get(spec, "image", "pullSecrets"))):
            names.append(((*at, "image", "pullSecrets", index), name))
        for pointer, name in names:
            if text(name):
                yield from self.config("Secret", item.id.namespace, name, Why.REFERENCE, item, pointer)
        if "replicas" in (spec if isinstance(spec, Mapping) else {}) and integer(get(spec, "replicas"), 1) == 0:
            yield Need((), Why.NEVER, "a replica, and `replicas` is 0", item, (*at, "replicas"))
        yield from self._volume(item, (*at, "storage", "pvc"))
        yield from self._pool(item, at, gpu=True)

    def _pool(self, item: KubeObject, at: Pointer, *, gpu: bool) -> Iterator[Need]:
        spec = get(item.value, *at)
        name = text(get(spec, "nodeSelector", POOL_LABEL))
        target = self.cluster.find(KARPENTER, "NodePool", "", name) if name else None
        if target is not None:
            pointer = (*at, "nodeSelector", POOL_LABEL)
            yield from self.there(target, Why.REFERENCE, f"NodePool {name}", item, pointer)
        if gpu:
            plugins = [release for chart in _GPU_CHARTS for release in self._by_chart.get(chart, ())]
            if plugins:
                words = " or ".join(f"HelmRelease {release.id.name}" for release in plugins)
                events = tuple(Event(What.READY, release) for release in plugins)
                yield Need(events, Why.CONTROLLER, f"the device plugin of {words}", item)

    def _volume(self, item: KubeObject, at: Pointer) -> Iterator[Need]:
        claim = get(item.value, *at)
        if not isinstance(claim, Mapping):
            return
        if claim.get("create") is True:
            yield from self._class(item, (*at, "storageClass"))
        elif text(claim.get("name")):
            target = self.cluster.find("", "PersistentVolumeClaim", item.id.namespace, text(claim.get("name")))
            if target is not None:
                events = self.exists(target)
                if events is not None:
                    words = f"PersistentVolumeClaim {target.id.name}"
                    yield Need(events, Why.REFERENCE, words, item, (*at, "name"))

    def _class(self, item: KubeObject, pointer: Pointer) -> Iterator[Need]:
        name = text(get(item.value, *pointer))
        target = self.cluster.find(STORAGE, "StorageClass", "", name) if name else None
        if target is None:
            return
        events = self.exists(target)
        if events is not None:
            yield Need(events, Why.REFERENCE, f"StorageClass {name}", item, pointer)
        drivers = self._by_chart.get(DRIVERS.get(text(get(target.value, "provisioner")), ""), ())
        if drivers:
            words = " or ".join(f"HelmRelease {release.id.name}" for release in drivers)
            yield Need(
                tuple(Event(What.READY, release) for release in drivers),
                Why.CONTROLLER,
                f"the driver of {words}",
                item,
                pointer,
            )

    def _claim(self, item: KubeObject) -> Iterator[Need]:
        yield from self._class(item, ("spec", "storageClassName"))
        if not binds_late(self.graph, item):
            return
        users = self.users(item)
        pointer: Pointer = ("spec", "storageClassName")
        words = "a pod that uses it, as its StorageClass binds it only then"
        found: list[Event] = []
        for user in users:
            events = self.exists(user)
            if events is None:
                return
            found += events
        yield Need(tuple(dict.fromkeys(found)), Why.NEVER if not found else Why.REFERENCE, words, item, pointer)

    def users(self, claim: KubeObject) -> Sequence[KubeObject]:
        """The objects whose pods mount a claim."""
        if self._users is None:
            self._users = {}
            for item in self.cluster.objects:
                for name in _claims(item):
                    self._users.setdefault((item.id.namespace, name), []).append(item)
        return self._users.get((claim.id.namespace, claim.id.name), ())


def binds_late(graph: Graph, claim: KubeObject) -> bool:
    """Whether the claim stays Pending until a pod uses it."""
    if text(get(claim.value, "spec", "volumeName")):
        return False
    name = text(get(claim.value, "spec", "storageClassName"))
    target = graph.cluster.find(STORAGE, "StorageClass", "", name) if name else None
    return target is not None and get(target.value, "volumeBindingMode") == "WaitForFirstConsumer"


def _claims(item: KubeObject) -> Iterator[str]:
    """Names of the claims that an object's pods mount."""
    kind = item.id.kind
    if item.id.group == NIM:
        for source in (
            get(item.value, "spec"),
            *(get(part, "spec") for _, part in items(item.value, "spec", "services")),
        ):
            yield text(get(source, "storage", "pvc", "name"))
        return
    pod: Any = None
    if kind == "Pod":
        pod = get(item.value, "spec")
    elif kind in {"Deployment", "DaemonSet", "StatefulSet", "Job", "ReplicaSet"}:
        pod = get(item.value, "spec", "template", "spec")
    elif kind == "CronJob":
        pod = get(item.value, "spec", "jobTemplate", "spec", "template", "spec")
    for _, volume in items(pod, "volumes"):
        yield text(get(volume, "persistentVolumeClaim", "claimName"))
