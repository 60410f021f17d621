"""Which references lead nowhere, as far as what is in view can tell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.references import model as to
from nimfleet.cluster.references.brought import SYSTEM_NAMESPACES, brought, external, made_by_a_chart
from nimfleet.cluster.references.extract import is_cluster_scoped, namespace_of, references
from nimfleet.cluster.references.made import made
from nimfleet.cluster.references.model import TARGETS, Key, Reach, Reference, Target, Thing
from nimfleet.cluster.references.spelling import misspelt
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.repository.model import KubeObject
from nimfleet.suggest import nearest

_KUSTOMIZE_HASH = r"-[bcdfghkmt2456789]{10}"
_MANY = 300
"""Names among which the nearest one is no longer looked for."""
_PULL_TYPES = frozenset({"kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"})


class Fault(Enum):
    """What is wrong with a reference."""

    MISSING = "missing"
    TYPO = "typo"
    """Missing, and something that nothing refers to has nearly the name."""
    ELSEWHERE = "elsewhere"
    """It is in another namespace."""
    GENERATED = "generated"
    """kustomize gave it another name."""
    OTHER_KIND = "other-kind"
    """Something of another kind has the name."""
    KEY = "key"
    """It has no such key, port or listener."""
    OFF = "off"
    """It is a service of the same NIMPipeline that is not enabled."""
    UNLISTED = "unlisted"
    """It is in a file that its kustomization does not list, so that Flux does not apply it."""
    TYPE = "type"
    """It is a Secret of another type."""


@dataclass(frozen=True, slots=True, eq=False)
class Dangling:
    """A reference that leads nowhere.

    ``thing`` is what was found instead (in another namespace, of another name, kind or type, or without the key); ``near`` a name
    (or key) that was perhaps meant; ``key`` the key that is not there; ``others`` are references that lack the same.
    """

    reference: Reference
    fault: Fault
    thing: Thing | None = None
    near: str | None = None
    key: Key | None = None
    others: tuple[Reference, ...] = ()


class Index:
    """Everything that exists, by kind and name."""

    def __init__(self, found: Iterable[Thing]) -> None:
        self._by_name: dict[tuple[str, str], dict[str, list[Thing]]] = defaultdict(lambda: defaultdict(list))
        for thing in found:
            self._by_name[thing.target.key][thing.name].append(thing)

    def named(self, target: Target, name: str) -> Sequence[Thing]:
        """Everything of the kind and name, in any namespace."""
        return self._by_name[target.key].get(name, ()) if target.key in self._by_name else ()

    def of(self, target: Target) -> Iterator[Thing]:
        """Everything of the kind."""
        for found in self._by_name[target.key].values() if target.key in self._by_name else ():
            yield from found


def things(cluster: Cluster) -> Index:
    """Everything that exists as far as it can be told; use with ``cluster.once``."""
    return Index(_things(cluster))


def _things(cluster: Cluster) -> Iterator[Thing]:
    unlisted = cluster.once(_unlisted)
    for item in cluster.objects:
        if item in unlisted:
            continue
        target = TARGETS.get((item.id.group, item.id.kind))
        if target is not None:
            namespace = namespace_of(cluster, item) if target.namespaced else ""
            yield Thing(target, namespace, item.id.name, item, *_details(item))
        yield from made(cluster, item)
    yield from brought(cluster)


def _unlisted(cluster: Cluster) -> frozenset[KubeObject]:
    """Objects of a whole cluster in files that lie beside the kustomization of a Flux Kustomization, which does not list them.

    Elsewhere what no Kustomization applies may be applied by hand."""
    if cluster.world is not World.COMPLETE:
        return frozenset()
    folders = {unit.overlay.folder for unit in cluster.units if unit.overlay is not None}
    return frozenset(item for item in cluster.objects if item.overlay is None and item.folder in folders)


def _details(item: KubeObject) -> tuple[frozenset[str] | None, str]:
    """Keys and type of an object."""
    kind = item.id.kind
    if kind not in ("Secret", "ConfigMap", "Service", "Gateway"):
        return None, ""
    value = item.value
    if kind in ("Secret", "ConfigMap"):
        keys = frozenset(str(key) for part in ("data", "stringData", "binaryData") for key in mapping(value.get(part)))
        kind_of_secret = text(value.get("type")) or "Opaque" if kind == "Secret" else ""
        if not keys or kind_of_secret.endswith("/service-account-token"):
            return None, kind_of_secret  # something else fills it
        return keys, "" if kind_of_secret.startswith("ENC[") else kind_of_secret
    if kind == "Gateway":
        return frozenset(text(entry.get("name")) for _, entry in items(value, "spec", "listeners")), ""
    spec = mapping(get(value, "spec"))
    if spec.get("type") == "ExternalName":
        return None, ""
    return frozenset(
        str(part)
        for _, entry in items(spec, "ports")
        for part in (entry.get("port"), entry.get("name"))
        if part is not None
    ), ""


def agree(cluster: Cluster, one: str, other: str) -> bool:
    """Whether two namespaces can be the same: outside of a whole cluster, one that is not written may be any."""
    return one == other or "*" in (one, other) or (cluster.world is not World.COMPLETE and "" in (one, other))


def dangling(cluster: Cluster) -> Mapping[str, Sequence[Dangling]]:
    """What leads nowhere, by the rule (without its family) that says so; use with ``cluster.once``.

    What several references lack in the same way is there once, at the first of them.
    """
    groups: dict[tuple[str, object], list[Dangling]] = {}
    for reference in cluster.once(references):
        for fault in _faults(cluster, reference):
            key = fault.key.name.partition("|")[0] if fault.key else ""
            named = (reference.target.key, reference.namespace, reference.name)
            groups.setdefault((_rule(cluster, fault), (fault.fault, named, key)), []).append(fault)
    found: dict[str, list[Dangling]] = defaultdict(list)
    for (rule, _), several in groups.items():
        found[rule].append(replace(several[0], others=tuple(fault.reference for fault in several[1:])))
    return found


def undeclared(cluster: Cluster) -> frozenset[str]:
    """Namespaces of objects that nobody creates, as far as that is sure; use with ``cluster.once``."""
    if cluster.world is not World.COMPLETE:
        return frozenset()
    used = {item.id.namespace for item in cluster.objects if not is_cluster_scoped(item)} - {""}
    known = {thing.name for thing in cluster.once(things).of(to.NAMESPACE)}
    return frozenset(name for name in used - known if external(cluster, to.NAMESPACE, "", name) is None)


_RULES: Mapping[tuple[str, str], str] = {
    to.NIM_CACHE.key: "nim-cache",
    to.NODE_CLASS.key: "node-class",
    to.SECRET.key: "secret",
    to.CONFIG_MAP.key: "config-map",
    to.CLAIM.key: "claim",
    to.SERVICE.key: "service",
    to.SERVICE_ACCOUNT.key: "service-account",
    to.NAMESPACE.key: "namespace",
    to.HELM_REPOSITORY.key: "helm-source",
    to.GIT_REPOSITORY.key: "helm-source",
    to.BUCKET.key: "helm-source",
    to.OCI_REPOSITORY.key: "helm-source",
    to.HELM_CHART.key: "helm-source",
    to.EXTERNAL_ARTIFACT.key: "helm-source",
    to.ALERT_PROVIDER.key: "alert-provider",
    to.INGRESS_CLASS.key: "ingress-class",
    to.GATEWAY_CLASS.key: "gateway-class",
    to.GATEWAY.key: "gateway",
    to.STORAGE_CLASS.key: "storage-class",
    to.PRIORITY_CLASS.key: "priority-class",
    to.RUNTIME_CLASS.key: "runtime-class",
    to.RESOURCE_CLAIM.key: "resource-claim",
    to.RESOURCE_CLAIM_TEMPLATE.key: "resource-claim",
    to.ROLE.key: "role",
    to.CLUSTER_ROLE.key: "role",
    to.SECRET_STORE.key: "secret-store",
    to.CLUSTER_SECRET_STORE.key: "secret-store",
    to.ISSUER.key: "issuer",
    to.CLUSTER_ISSUER.key: "issuer",
    to.TRIGGER_AUTHENTICATION.key: "trigger-authentication",
    to.CLUSTER_TRIGGER_AUTHENTICATION.key: "trigger-authentication",
    **{target.key: "scale-target" for target in to.WORKLOADS},
}


def _rule(cluster: Cluster, found: Dangling) -> str:
    reference = found.reference
    if reference.role == "values":
        return "values-from"
    if reference.role == "webhook":
        return "webhook-service"
    if reference.role in ("address", "host"):
        return "service-address"
    if reference.role == "dependency":
        return "pipeline-dependency"
    name = _RULES[reference.target.key]
    if found.fault is Fault.TYPE:
        return "pull-secret-type"
    if found.fault is Fault.KEY and name != "gateway":
        return {"secret": "secret-key", "config-map": "config-map-key", "service": "service-port"}[name]
    if name == "secret" and found.fault is Fault.MISSING and not cluster.once(manages_secrets):
        return "secret-unmanaged"
    return name


def _lost_intent(cluster: Cluster) -> bool:
    """Whether this is a rendered environment whose environment.yaml is gone or cannot be read: nobody can tell which Secrets
    it says are made by hand."""
    rendered = cluster.find("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "nim-sources")
    return cluster.plan is None and rendered is not None and not cluster.once(manages_secrets)


def manages_secrets(cluster: Cluster) -> bool:
    """Whether Secrets come from the repository, in whichever way; use with ``cluster.once``."""
    makers = {"Secret", "ExternalSecret", "ClusterExternalSecret", "SealedSecret", "SopsSecret", "SecretProviderClass"}
    return any(item.id.kind in makers for item in cluster.objects)


def _faults(cluster: Cluster, reference: Reference) -> Iterator[Dangling]:
    if reference.optional:
        return
    if reference.target.namespaced and not reference.namespace and cluster.world is World.COMPLETE:
        return  # a subject or a webhook without namespace, which the schema refuses
    named = cluster.once(things).named(reference.target, reference.name)
    there = [thing for thing in named if agree(cluster, thing.namespace, reference.namespace)]
    if there:
        yield from _wrong_inside(reference, there)
        return
    elsewhere = external(cluster, reference.target, reference.namespace, reference.name)
    if elsewhere is not None:
        keys = frozenset(elsewhere.keys) or None
        yield from _wrong_inside(reference, [Thing(reference.target, reference.namespace, reference.name, keys=keys)])
        return
    if reference.target is to.SECRET and cluster.once(_lost_intent):
        return
    if reference.source.id.namespace in cluster.once(undeclared):
        return  # that is what is wrong
    missing = _missing(cluster, reference, named)
    if missing is not None:
        yield missing


def _wrong_inside(reference: Reference, there: Sequence[Thing]) -> Iterator[Dangling]:
    if reference.role == "pull" and all(_is_no_pull_secret(thing) for thing in there):
        yield Dangling(reference, Fault.TYPE, there[0])
        return
    if any(thing.keys is None for thing in there):
        return
    keys = frozenset(key for thing in there for key in thing.keys or ())
    for key in reference.keys:
        if keys.isdisjoint(key.name.split("|")):
            near = next((near for part in key.name.split("|") if (near := nearest(part, keys))), None)
            yield Dangling(reference, Fault.KEY, there[0], near, key)


def _is_no_pull_secret(thing: Thing) -> bool:
    """Whether the kubelet passes over a Secret. One whose type was forgotten is told by ``secret/external-secret-template``."""
    forgotten = thing.source is not None and "ExternalSecret" in thing.source.id.kind
    docker = thing.keys is not None and ".dockerconfigjson" in thing.keys
    return bool(thing.type) and thing.type not in _PULL_TYPES and not (forgotten and docker)


_ALIKE: Mapping[tuple[str, str], tuple[Target, ...]] = {
    to.SECRET_STORE.key: (to.CLUSTER_SECRET_STORE,),
    to.CLUSTER_SECRET_STORE.key: (to.SECRET_STORE,),
    to.ISSUER.key: (to.CLUSTER_ISSUER,),
    to.CLUSTER_ISSUER.key: (to.ISSUER,),
    to.ROLE.key: (to.CLUSTER_ROLE,),
    to.CLUSTER_ROLE.key: (to.ROLE,),
    to.TRIGGER_AUTHENTICATION.key: (to.CLUSTER_TRIGGER_AUTHENTICATION,),
    to.CLUSTER_TRIGGER_AUTHENTICATION.key: (to.TRIGGER_AUTHENTICATION,),
    **{
        target.key: (to.HELM_REPOSITORY, to.GIT_REPOSITORY, to.BUCKET, to.OCI_REPOSITORY)
        for target in (to.HELM_REPOSITORY, to.GIT_REPOSITORY, to.BUCKET, to.OCI_REPOSITORY)
    },
    **{target.key: (to.DEPLOYMENT, to.STATEFUL_SET) for target in (to.DEPLOYMENT, to.STATEFUL_SET)},
    to.RESOURCE_CLAIM.key: (to.RESOURCE_CLAIM_TEMPLATE,),
    to.RESOURCE_CLAIM_TEMPLATE.key: (to.RESOURCE_CLAIM,),
}


def _missing(cluster: Cluster, reference: Reference, named: Sequence[Thing]) -> Dangling | None:
    """What to say of something that is not where it is looked for; None where it may well be there."""
    target, namespace, name = reference.target, reference.namespace, reference.name
    index = cluster.once(things)
    if name.startswith("system:") or (target is to.STORAGE_CLASS and _static_class(cluster, name)):
        return None
    whole = cluster.world is World.COMPLETE
    near_by = reference.source.folder if cluster.world is World.PART else None
    generated = _generated(cluster, reference, index)
    if generated is not None:
        return Dangling(reference, Fault.GENERATED, generated)
    if _may_be_there(cluster, reference):
        return None
    for item in cluster.once(_unlisted):
        if (item.id.group, item.id.kind, item.id.name) == (*target.key, name) and item.id.namespace == namespace:
            return Dangling(reference, Fault.UNLISTED, Thing(target, namespace, name, item))
    if any(_copied(found) for found in named):
        return None
    other = next((found for found in named if _counts(found, near_by)), None)
    if other is not None and (whole or reference.role != "host"):
        return Dangling(reference, Fault.ELSEWHERE, other)
    for kind in _ALIKE.get(target.key, ()):
        for found in index.named(kind, name) if kind is not target else ():
            if _counts(found, near_by) and (not kind.namespaced or agree(cluster, found.namespace, namespace)):
                return Dangling(reference, Fault.OTHER_KIND, found)
    typo = _typo(cluster, reference, index)
    if typo is not None:
        return Dangling(reference, Fault.TYPO, typo, typo.name)
    if reference.role in ("by-hand", "host"):
        return None
    if reference.role == "dependency" and name in _switched_off(reference.source):
        return Dangling(reference, Fault.OFF)
    own = target.reach is Reach.OWN and bool(cluster.kind(*target.key))
    if not whole and not (own and cluster.world is World.FOLDER and all(unit.built for unit in cluster.units)):
        return None
    names = {
        found.name
        for found in index.of(target)
        if found.source is not None and agree(cluster, found.namespace, namespace)
    }
    return Dangling(reference, Fault.MISSING, near=nearest(name, names) if len(names) < _MANY else None)


def _switched_off(pipeline: KubeObject) -> frozenset[str]:
    """Services of a NIMPipeline that are not made."""
    services = items(pipeline.value, "spec", "services")
    return frozenset(text(service.get("name")) for _, service in services if service.get("enabled") is not True)


def _counts(found: Thing, folder: str | None) -> bool:
    """Whether something may be what was meant: an object of the repository, of the same folder where ``folder`` is given."""
    return found.source is not None and (folder is None or found.source.folder == folder)


def _copied(found: Thing) -> bool:
    """Whether an annotation has a controller copy the object to other namespaces."""
    source = found.source
    annotations = mapping(get(source.value, "metadata", "annotations")) if source is not None else {}
    return any(word in str(name) for name in annotations for word in ("reflect", "replicat", "kubed", "sync"))


def _generated(cluster: Cluster, reference: Reference, index: Index) -> Thing | None:
    if reference.target not in (to.SECRET, to.CONFIG_MAP):
        return None
    pattern = re.compile(re.escape(reference.name) + _KUSTOMIZE_HASH)
    for found in index.of(reference.target):
        if (
            found.source is not None
            and found.source.overlay is not None
            and len(found.name) == len(reference.name) + 11
            and pattern.fullmatch(found.name)
            and agree(cluster, found.namespace, reference.namespace)
        ):
            return found
    return None


def _typo(cluster: Cluster, reference: Reference, index: Index) -> Thing | None:
    """Something that nothing refers to, and whose name is the one that is looked for, misspelt."""
    sure = reference.role == "host" and cluster.world is World.COMPLETE  # nothing else has a name without dots
    used = cluster.once(_used) if not sure else frozenset()
    folder = reference.source.folder if cluster.world is World.PART else None
    for found in index.of(reference.target):
        if (
            misspelt(reference.name, found.name)
            and (reference.target.key, found.name) not in used
            and _counts(found, folder)
            and agree(cluster, found.namespace, reference.namespace)
        ):
            return found
    return None


def _used(cluster: Cluster) -> frozenset[tuple[tuple[str, str], str]]:
    return frozenset((reference.target.key, reference.name) for reference in cluster.once(references))


def _static_class(cluster: Cluster, name: str) -> bool:
    """Whether a PersistentVolume has the class: then claims need no StorageClass."""
    return any(get(item.value, "spec", "storageClassName") == name for item in cluster.kind("", "PersistentVolume"))


def _may_be_there(cluster: Cluster, reference: Reference) -> bool:
    """Whether a chart, an add-on or an operator that nimfleet does not know may make it."""
    target, namespace, name = reference.target, reference.namespace, reference.name
    if target.reach is Reach.OWN:
        return False
    if target.namespaced and namespace in SYSTEM_NAMESPACES:
        return True
    if reference.role == "values":
        return False
    return made_by_a_chart(cluster, target, namespace, name) or _made_by_another(cluster, name)


_KNOWN_GROUPS = re.compile(
    r"|apps|batch|autoscaling|policy|apps\.nvidia\.com|karpenter\.(sh|k8s\.aws)|elbv2\.k8s\.aws|bitnami\.com|isindir\.github\.com"
    r"|([a-z.]+\.)?toolkit\.fluxcd\.io|external-secrets\.io|cert-manager\.io|monitoring\.coreos\.com|keda\.sh"
    r"|((networking|rbac\.authorization|storage|scheduling|node|resource|apiextensions|admissionregistration"
    r"|apiregistration|coordination|discovery|events|gateway\.networking|kustomize\.config|snapshot\.storage"
    r"|autoscaling|certificates|flowcontrol\.apiserver|secrets-store\.csi\.x|metrics)\.(k8s\.io|x-k8s\.io))"
    r"|leaderworkerset\.x-k8s\.io|jobset\.x-k8s\.io"
)


def _made_by_another(cluster: Cluster, name: str) -> bool:
    """Whether the name begins with that of a custom resource of a kind that nimfleet does not know, or is written in one."""
    names, words = cluster.once(_of_others)
    return name in words or name.startswith(names)


def _of_others(cluster: Cluster) -> tuple[tuple[str, ...], frozenset[str]]:
    names: set[str] = set()
    words: set[str] = set()
    for item in cluster.objects:
        if not _KNOWN_GROUPS.fullmatch(item.id.group):
            names.add(item.id.name)
            _collect(get(item.value, "spec"), words)
    return tuple(sorted(names - {""})), frozenset(words)


def _collect(value: Any, words: set[str]) -> None:
    if isinstance(value, str):
        words.add(value)
    elif isinstance(value, Mapping):
        for part in value.values():
            _collect(part, words)
    elif isinstance(value, list):
        for part in value:
            _collect(part, words)
