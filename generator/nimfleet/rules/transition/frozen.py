"""Which parts of living objects no update may change, by kind; and how a refused update is told.

The facts are those of the validation of updates in Kubernetes (``pkg/apis/*/validation``, the API reference's
"immutable" fields) and of the webhook of the NIM operator 3.1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.manifest.pointer import Pointer, dotted
from nimfleet.rules.registry import Hit
from nimfleet.rules.transition.change import NIM, Update, at, items, mapping, text
from nimfleet.rules.transition.operator import Webhook, webhook
from nimfleet.schema.quantity import parse_quantity


@dataclass(frozen=True, slots=True)
class Frozen:
    """A part that differs and must not: which rule says so, where, and what is wrong when more is to be said
    than that it cannot change."""

    rule: str
    pointer: Pointer
    words: str = ""
    forceable: bool = True
    """Whether Flux takes the refusal for one that deleting and creating the object anew gets around."""


@dataclass(frozen=True, slots=True)
class _Part:
    """``unset_is_free``: the server fills it in when it is absent, so that it may be written out later.
    ``may_go``: it may be left out later, and stays as it is."""

    pointer: Pointer
    default: Any = None
    unset_is_free: bool = False
    may_go: bool = False


_Check = Callable[[Update], Iterator[Frozen]]


def refused(update: Update, rule: str, advice: str) -> Iterator[Hit]:
    """Findings about the parts that ``rule`` watches, unless Flux was told to force its way.

    ``advice`` is how to get there; it follows a semicolon.
    """
    identity = update.after.id
    for found in frozen(update):
        if found.rule == rule and not (update.forced and found.forceable):
            what = found.words or f"{dotted(found.pointer)} of {identity.kind} cannot be changed once it exists"
            message = f"{what} (differs from {update.base}): {stuck(update)}; {advice}"
            yield Hit(update.place(found.pointer), message, str(identity), found.pointer)


def stuck(update: Update) -> str:
    """What Flux makes of an update that is always refused."""
    applier = update.after.applier
    if applier is None:
        return "Flux would fail to apply it every time"
    name = applier.id.name
    if update.after.suspended:
        return f"Kustomization {name} is suspended, and once resumed would fail to apply it every time"
    return f"Flux would fail to apply Kustomization {name} every time, and what depends on it would wait"


def frozen(update: Update) -> Iterator[Frozen]:
    """Every part that differs and must not."""
    key = (update.before.id.group, update.before.id.kind)
    for part in _PARTS.get(key, ()):
        yield from _compare(update, _RULE[key], part)
    check = _CHECKS.get(key)
    if check is not None:
        yield from check(update)


def narrowed(pointer: Pointer, old: Any, new: Any) -> Pointer:
    """The innermost entry that holds all of the difference and is still there."""
    while True:
        if isinstance(old, dict) and isinstance(new, dict):
            different = [key for key in (*old, *(key for key in new if key not in old)) if old.get(key) != new.get(key)]
            if len(different) != 1 or different[0] not in new:
                return pointer
            step: str | int = different[0]
            old, new = old.get(step), new[step]
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            unequal = [index for index, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]]
            if len(unequal) != 1:
                return pointer
            step = unequal[0]
            old, new = old[step], new[step]
        else:
            return pointer
        pointer = (*pointer, step)


def _compare(update: Update, rule: str, part: _Part) -> Iterator[Frozen]:
    old, new = at(update.old, *part.pointer), at(update.new, *part.pointer)
    if (old is None and part.unset_is_free) or (new is None and part.may_go):
        return
    old, new = (_plain(part.default if value in (None, []) else value) for value in (old, new))
    if old != new and (old or new or isinstance(old, bool) or isinstance(new, bool)):
        yield Frozen(rule, narrowed(part.pointer, old, new))


def _plain(value: Any) -> Any:
    """Without entries that say what their absence says as well: the server does not tell them apart."""
    if isinstance(value, dict):
        plain = {key: _plain(part) for key, part in value.items()}
        return {key: part for key, part in plain.items() if part not in (False, "", None)}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _pvc(update: Update) -> Iterator[Frozen]:
    old, new = (at(value, "spec", "resources", "requests", "storage") for value in (update.old, update.new))
    before, after = (parse_quantity(str(value)) if value is not None else None for value in (old, new))
    if before is None or after is None or before == after:
        return
    pointer: Pointer = ("spec", "resources", "requests", "storage")
    if after < before:
        yield Frozen("claim-size", pointer, f"a PersistentVolumeClaim cannot shrink from {old} to {new}")
        return
    name = at(update.new, "spec", "storageClassName")
    for item in update.cluster.has("storage.k8s.io", "StorageClass"):
        if item.id.name == name and at(item.value, "allowVolumeExpansion") is not True:
            words = f"StorageClass {name} does not let a claim grow from {old} to {new}, as allowVolumeExpansion is not true"
            # Refused as Forbidden, which Flux does not read as something that cannot change.
            yield Frozen("claim-size", pointer, words, forceable=False)


def _config(update: Update) -> Iterator[Frozen]:
    if at(update.old, "immutable") is not True:
        return
    for key in ("data", "binaryData", "stringData", "immutable"):
        old, new = at(update.old, key), at(update.new, key)
        if old != new and (old or new):
            yield Frozen("immutable-config", narrowed((key,), old, new))


def _secret(update: Update) -> Iterator[Frozen]:
    yield from _config(update)
    old, new = (at(value, "type") or "Opaque" for value in (update.old, update.new))
    if old != new and not any(str(value).startswith("ENC[") for value in (old, new)):
        yield Frozen("secret-type", ("type",))


def _service(update: Update) -> Iterator[Frozen]:
    old, new = mapping(at(update.old, "spec")), mapping(at(update.new, "spec"))
    types = [spec.get("type") or "ClusterIP" for spec in (old, new)]
    if "ExternalName" in types:
        return
    addresses = [spec.get("clusterIP") or next(iter(items(spec.get("clusterIPs"))), None) for spec in (old, new)]
    if addresses[1] and addresses[0] != addresses[1]:
        pointer: Pointer = ("spec", "clusterIP") if new.get("clusterIP") else ("spec", "clusterIPs")
        words = "spec.clusterIP of a Service cannot be changed once it has one"
        if "None" in addresses:
            words = "a Service cannot become headless, or cease to be, once it exists"
        yield Frozen("service-address", pointer, words)
    families = [next(iter(items(spec.get("ipFamilies"))), None) for spec in (old, new)]
    if all(families) and families[0] != families[1]:
        yield Frozen("service-address", ("spec", "ipFamilies", 0))
    if types == ["LoadBalancer", "LoadBalancer"] and old.get("loadBalancerClass") != new.get("loadBalancerClass"):
        words = "spec.loadBalancerClass of a Service of type LoadBalancer cannot be changed once it exists"
        yield Frozen("service-address", ("spec", "loadBalancerClass"), words)

    ports = [spec.get("healthCheckNodePort") for spec in (old, new)]
    if types == ["LoadBalancer", "LoadBalancer"] and all(ports) and ports[0] != ports[1]:
        yield Frozen("service-address", ("spec", "healthCheckNodePort"))


def _pod(update: Update) -> Iterator[Frozen]:
    words = "of a running Pod, only images and a shorter activeDeadlineSeconds can change, and tolerations be added"
    old, new = (_pod_spec(at(value, "spec")) for value in (update.old, update.new))
    if old != new:
        yield Frozen("immutable-field", narrowed(("spec",), old, new), words)
    limits = [at(value, "spec", "activeDeadlineSeconds") for value in (update.old, update.new)]
    if isinstance(limits[0], int) and not (isinstance(limits[1], int) and limits[1] <= limits[0]):
        yield Frozen("immutable-field", ("spec", "activeDeadlineSeconds"), words)


def _pod_spec(spec: Any) -> Any:
    """Without what may change."""
    plain = {"restartPolicy": "Always"} | {key: part for key, part in mapping(spec).items() if key not in _POD_MUTABLE}
    for key in ("containers", "initContainers"):
        plain[key] = [
            {name: part for name, part in mapping(item).items() if name != "image"} for item in items(plain.get(key))
        ]
    return _plain(plain)


def _stateful_set(update: Update) -> Iterator[Frozen]:
    old, new = (
        [_plain_template(item) for item in items(at(value, "spec", "volumeClaimTemplates"))]
        for value in (update.old, update.new)
    )
    if old != new:
        yield Frozen("stateful-set", narrowed(("spec", "volumeClaimTemplates"), old, new))


def _plain_template(value: Any) -> Any:
    """A claim's template without what the server fills in."""
    plain = {key: part for key, part in mapping(value).items() if key not in ("apiVersion", "kind", "status")}
    plain["spec"] = {
        key: part for key, part in mapping(plain.get("spec")).items() if (key, part) != ("volumeMode", "Filesystem")
    }
    return plain


def _job(update: Update) -> Iterator[Frozen]:
    old, new = mapping(at(update.old, "spec")), mapping(at(update.new, "spec"))
    if old.get("template") != new.get("template"):
        pointer = narrowed(("spec", "template"), old.get("template"), new.get("template"))
        yield Frozen("job-template", pointer, f"{dotted(pointer)} of a Job cannot be changed once it exists")
    elastic = (
        new.get("completionMode") == "Indexed"
        and new.get("completions") == new.get("parallelism")
        and old.get("completionMode") == "Indexed"
    )
    if (old.get("completions") or 1) != (new.get("completions") or 1) and not elastic:
        yield Frozen("job-template", ("spec", "completions"))


def _crd(update: Update) -> Iterator[Frozen]:
    for pointer in (("spec", "scope"), ("spec", "names", "kind"), ("spec", "names", "plural"), ("spec", "group")):
        if at(update.old, *pointer) != at(update.new, *pointer):
            yield Frozen("crd-identity", pointer)


def _nim_cache(update: Update) -> Iterator[Frozen]:
    old, new = at(update.old, "spec"), at(update.new, "spec")
    if old != new:
        pointer = narrowed(("spec",), old, new)
        state = webhook(update.cluster)
        words = "the spec of a NIMCache cannot be changed once it exists"
        if pointer in {violation.pointer for violation in update.broken}:
            return  # the CRD itself refuses it
        if state is Webhook.OFF:
            yield Frozen("nim-change-ignored", pointer)
        else:
            yield Frozen("nim-cache-spec", pointer, words)


def _nim_service(update: Update) -> Iterator[Frozen]:
    yield from _service_spec(update, ("spec",), at(update.old, "spec"), at(update.new, "spec"))


def _nim_pipeline(update: Update) -> Iterator[Frozen]:
    before = {text(item, "name"): at(item, "spec") for item in items(at(update.old, "spec", "services"))}
    for index, item in enumerate(items(at(update.new, "spec", "services"))):
        if text(item, "name") in before:
            pointer = ("spec", "services", index, "spec")
            yield from _service_spec(update, pointer, before[text(item, "name")], at(item, "spec"))


def _service_spec(update: Update, pointer: Pointer, old: Any, new: Any) -> Iterator[Frozen]:
    """``old`` and ``new`` are specs of one NIMService, which a NIMPipeline may hold."""
    state = webhook(update.cluster)
    claim, wanted = at(old, "storage", "pvc"), at(new, "storage", "pvc")
    if at(claim, "create") is True and claim != wanted:
        where = narrowed((*pointer, "storage", "pvc"), claim, wanted)
        if state is Webhook.OFF:
            yield Frozen("nim-change-ignored", where)
        else:
            words = "storage.pvc of a NIMService cannot be changed once the operator has created the claim"
            yield Frozen("nim-service", where, words)
    if at(old, "multiNode") != at(new, "multiNode") and state is not Webhook.OFF:
        where = narrowed((*pointer, "multiNode"), at(old, "multiNode"), at(new, "multiNode"))
        yield Frozen("nim-service", where, "multiNode of a NIMService cannot be changed once it exists")


def _parts(*parts: _Part | tuple[str, ...]) -> tuple[_Part, ...]:
    return tuple(part if isinstance(part, _Part) else _Part(part) for part in parts)


_RULE: Mapping[tuple[str, str], str] = {
    ("storage.k8s.io", "StorageClass"): "storage-class",
    ("", "PersistentVolumeClaim"): "volume-claim",
    ("", "PersistentVolume"): "persistent-volume",
    ("apps", "Deployment"): "workload-selector",
    ("apps", "ReplicaSet"): "workload-selector",
    ("apps", "DaemonSet"): "workload-selector",
    ("apps", "StatefulSet"): "stateful-set",
    ("batch", "Job"): "job-template",
    ("rbac.authorization.k8s.io", "RoleBinding"): "role-ref",
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): "role-ref",
    ("scheduling.k8s.io", "PriorityClass"): "immutable-field",
    ("storage.k8s.io", "CSIDriver"): "immutable-field",
    ("storage.k8s.io", "VolumeAttributesClass"): "immutable-field",
    ("networking.k8s.io", "IngressClass"): "immutable-field",
    ("node.k8s.io", "RuntimeClass"): "immutable-field",
    ("discovery.k8s.io", "EndpointSlice"): "immutable-field",
    ("", "ResourceQuota"): "immutable-field",
    ("resource.k8s.io", "ResourceClaim"): "immutable-field",
    ("resource.k8s.io", "ResourceClaimTemplate"): "immutable-field",
}
_POD_MUTABLE = frozenset({"activeDeadlineSeconds", "tolerations", "schedulingGates"})
_ROLE = _parts(
    ("roleRef", "kind"), ("roleRef", "name"), _Part(("roleRef", "apiGroup"), default="rbac.authorization.k8s.io")
)
_PARTS: Mapping[tuple[str, str], tuple[_Part, ...]] = {
    ("storage.k8s.io", "StorageClass"): _parts(
        ("provisioner",),
        ("parameters",),
        _Part(("reclaimPolicy",), "Delete"),
        _Part(("volumeBindingMode",), "Immediate"),
    ),
    ("", "PersistentVolumeClaim"): _parts(
        # A claim without a class gets the cluster's default one on the way in, and its volume when bound.
        _Part(("spec", "storageClassName"), unset_is_free=True),
        _Part(("spec", "volumeName"), unset_is_free=True),
        ("spec", "accessModes"),
        _Part(("spec", "volumeMode"), "Filesystem"),
        ("spec", "selector"),
        ("spec", "dataSource"),
        ("spec", "dataSourceRef"),
        ("spec", "resources", "limits"),
    ),
    ("", "PersistentVolume"): _parts(
        *(
            ("spec", source)
            for source in (
                "awsElasticBlockStore",
                "azureDisk",
                "azureFile",
                "cephfs",
                "csi",
                "fc",
                "gcePersistentDisk",
                "hostPath",
                "iscsi",
                "local",
                "nfs",
                "rbd",
            )
        ),
        _Part(("spec", "volumeMode"), "Filesystem"),
        _Part(("spec", "nodeAffinity"), unset_is_free=True),
    ),
    ("apps", "Deployment"): _parts(("spec", "selector")),
    ("apps", "ReplicaSet"): _parts(("spec", "selector")),
    ("apps", "DaemonSet"): _parts(("spec", "selector")),
    ("apps", "StatefulSet"): _parts(
        ("spec", "selector"), ("spec", "serviceName"), _Part(("spec", "podManagementPolicy"), "OrderedReady")
    ),
    ("batch", "Job"): _parts(
        # The server makes a selector where none is written.
        _Part(("spec", "selector"), unset_is_free=True, may_go=True),
        _Part(("spec", "completionMode"), "NonIndexed"),
        ("spec", "podFailurePolicy"),
        ("spec", "successPolicy"),
        ("spec", "backoffLimitPerIndex"),
        ("spec", "managedBy"),
    ),
    ("rbac.authorization.k8s.io", "RoleBinding"): _ROLE,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _ROLE,
    ("scheduling.k8s.io", "PriorityClass"): _parts(
        _Part(("value",), 0), _Part(("preemptionPolicy",), "PreemptLowerPriority")
    ),
    ("storage.k8s.io", "CSIDriver"): _parts(
        _Part(("spec", "attachRequired"), True), _Part(("spec", "volumeLifecycleModes"), ["Persistent"])
    ),
    ("storage.k8s.io", "VolumeAttributesClass"): _parts(("driverName",), ("parameters",)),
    ("networking.k8s.io", "IngressClass"): _parts(("spec", "controller")),
    ("node.k8s.io", "RuntimeClass"): _parts(("handler",)),
    ("discovery.k8s.io", "EndpointSlice"): _parts(("addressType",)),
    ("", "ResourceQuota"): _parts(("spec", "scopes")),
    ("resource.k8s.io", "ResourceClaim"): _parts(("spec",)),
    ("resource.k8s.io", "ResourceClaimTemplate"): _parts(("spec",)),
}
_CHECKS: Mapping[tuple[str, str], _Check] = {
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _pvc,
    ("", "ConfigMap"): _config,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
    (NIM, "NIMCache"): _nim_cache,
    (NIM, "NIMService"): _nim_service,
    (NIM, "NIMPipeline"): _nim_pipeline,
}
