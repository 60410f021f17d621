"""Pods, alone and in the templates of workloads (pkg/apis/core/validation)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer, dotted
from nimfleet.schema.metadata import label_key_problem, label_value_problem
from nimfleet.schema.native.common import (
    LABEL,
    LABEL_WORDS,
    PROTOCOLS,
    Object,
    Problem,
    items,
    labels,
    mapping,
    node_term,
    not_negative,
    one_of,
    port,
    port_name,
    port_number,
    quantity,
    say,
    selector,
    unique,
)
from nimfleet.schema.native.environment import environment
from nimfleet.schema.native.placement import about
from nimfleet.schema.native.security import choice, security_context
from nimfleet.schema.native.volumes import volumes as pod_volumes

_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS: Final = ("exec", "grpc", "httpGet", "tcpSocket")
_HEADER: Final = re.compile(r"[-A-Za-z0-9]+")
_STANDARD_RESOURCES: Final = frozenset(["cpu", "memory", "ephemeral-storage"])
_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_LARGEST_MODE: Final = 0o777


def pod(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    yield from pod_spec(spec, ("spec",))
    where: Pointer
    for field in ("initContainers", "containers"):
        for index, container in enumerate(items(spec.get(field))):
            where, image = ("spec", field, index, "image"), mapping(container).get("image")
            # In templates the server has always taken it.
            if isinstance(image, str) and image != image.strip():
                yield say(where, "must not begin or end with white space")
    if spec.get("ephemeralContainers"):
        yield say(("spec", "ephemeralContainers"), "must not be there when a pod is created")


def template(value: Any, where: Pointer, claims: Collection[str] | None = None) -> Iterator[Problem]:
    """A pod template. ``claims`` are the volumes that a StatefulSet gives to its pods beside those named there."""
    owner = mapping(value)
    metadata, place = mapping(owner.get("metadata")), (*where, "metadata")
    yield from labels(metadata.get("labels"), (*place, "labels"))
    for key in mapping(metadata.get("annotations")):
        if problem := label_key_problem(key.lower()):
            yield (*place, "annotations", key), f"annotation key `{key}` {problem}"
    spec = mapping(owner.get("spec"))
    yield from pod_spec(spec, (*where, "spec"), claims or (), stateful=claims is not None)
    if spec.get("ephemeralContainers"):
        yield say((*where, "spec", "ephemeralContainers"), "must not be there in a template")


def pod_spec(
    spec: Object, where: Pointer, claims: Collection[str] = (), *, stateful: bool = False
) -> Iterator[Problem]:
    containers, initial = items(spec.get("containers")), items(spec.get("initContainers"))
    if not containers:
        yield say((*where, "containers"), "must hold at least one container")
    volumes = [mapping(volume) for volume in items(spec.get("volumes"))]
    yield from pod_volumes(volumes, (*where, "volumes"))
    known = {*(volume.get("name") for volume in volumes), *claims}
    devices = {mapping(claim).get("name") for claim in items(spec.get("resourceClaims"))}
    host_network = spec.get("hostNetwork") is True
    first = {mapping(container).get("name"): index for index, container in enumerate(initial)}
    for field, group in (("initContainers", initial), ("containers", containers)):
        for index, container in enumerate(group):
            place = (*where, field, index)
            name = mapping(container).get("name")
            # Within one of the lists, the name is the key, which is checked with the schema.
            if field == "containers" and name in first:
                yield say(
                    (*place, "name"), f"`{name}` is used before, by {dotted((*where, 'initContainers', first[name]))}"
                )
            yield from _container(mapping(container), place, known, host_network)
            if field == "initContainers" and mapping(container).get("restartPolicy") != "Always":
                for forbidden in ("lifecycle", *_PROBES):
                    if mapping(container).get(forbidden) is not None:
                        yield say((*place, forbidden), "needs restartPolicy: Always in an init container")
            for at, claim in enumerate(items(mapping(mapping(container).get("resources")).get("claims"))):
                if mapping(claim).get("name") not in devices:
                    place_of = (*place, "resources", "claims", at, "name")
                    yield say(place_of, f"`{mapping(claim).get('name') or ''}` is none of the pod's resourceClaims")
    yield from _host_ports([mapping(container) for container in containers], (*where, "containers"))
    yield from one_of(spec.get("restartPolicy"), ("Always", "OnFailure", "Never"), (*where, "restartPolicy"))
    policies = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
    yield from one_of(spec.get("dnsPolicy"), policies, (*where, "dnsPolicy"))
    yield from about(spec, where, names=not stateful)
    if spec.get("overhead") is not None:
        for pointer, text in resources({"limits": spec["overhead"]}, (*where, "overhead")):
            # What is a limit to that check stands in overhead itself.
            yield (*pointer[: len(where) + 1], *pointer[len(where) + 2 :]), text.replace("overhead.limits", "overhead")
    yield from labels(spec.get("nodeSelector"), (*where, "nodeSelector"))
    yield from tolerations(items(spec.get("tolerations")), (*where, "tolerations"))
    yield from _spreads(items(spec.get("topologySpreadConstraints")), (*where, "topologySpreadConstraints"))
    yield from _affinity(mapping(spec.get("affinity")), (*where, "affinity"))


def _container(container: Object, where: Pointer, volumes: set[Any], host_network: bool) -> Iterator[Problem]:
    name, image = container.get("name"), container.get("image")
    if not isinstance(name, str) or not LABEL.fullmatch(name):
        yield say((*where, "name"), f"{LABEL_WORDS}, found `{name or ''}`")
    if not image:
        yield say((*where, "image"), "is required")
    policies = ("Always", "IfNotPresent", "Never")
    yield from one_of(container.get("imagePullPolicy"), policies, (*where, "imagePullPolicy"))
    yield from _ports(items(container.get("ports")), (*where, "ports"), host_network)
    yield from environment(container, where)
    yield from resources(mapping(container.get("resources")), (*where, "resources"))
    mounts = [mapping(mount) for mount in items(container.get("volumeMounts"))]
    yield from _mounts(mounts, (*where, "volumeMounts"), volumes)
    yield from _devices(items(container.get("volumeDevices")), (*where, "volumeDevices"), volumes)
    for probe in _PROBES:
        if container.get(probe) is not None:
            yield from _probe(mapping(container[probe]), (*where, probe), once=probe != "readinessProbe")
    for hook in ("postStart", "preStop"):
        handler = mapping(container.get("lifecycle")).get(hook)
        if handler is not None:
            yield from _handler(
                mapping(handler), (*where, "lifecycle", hook), ("exec", "httpGet", "sleep", "tcpSocket")
            )
    context = mapping(container.get("securityContext"))
    yield from security_context(context, (*where, "securityContext"))
    messages = ("FallbackToLogsOnError", "File")
    yield from one_of(container.get("terminationMessagePolicy"), messages, (*where, "terminationMessagePolicy"))
    yield from choice(container.get("restartPolicy"), ("Always", "Never", "OnFailure"), (*where, "restartPolicy"))
    for index, entry in enumerate(map(mapping, items(container.get("resizePolicy")))):
        place = (*where, "resizePolicy", index)
        yield from choice(entry.get("resourceName") or "", ("cpu", "memory"), (*place, "resourceName"))
        yield from choice(
            entry.get("restartPolicy") or "", ("NotRequired", "RestartContainer"), (*place, "restartPolicy")
        )
    if container.get("restartPolicyRules") and container.get("restartPolicy") is None:
        yield say((*where, "restartPolicy"), "is required beside restartPolicyRules")


def _ports(ports: list[Any], where: Pointer, host_network: bool) -> Iterator[Problem]:
    owners = [mapping(entry) for entry in ports]
    for index, entry in enumerate(owners):
        place = (*where, index)
        number, host = entry.get("containerPort"), entry.get("hostPort")
        yield from port_number(0 if number is None else number, (*place, "containerPort"))
        if host:
            yield from port_number(host, (*place, "hostPort"))
            if host_network and host != number:
                yield say(
                    (*place, "hostPort"), f"must be the containerPort {number} when hostNetwork is true, found {host}"
                )
        if entry.get("name"):
            yield from port_name(entry["name"], (*place, "name"))
        yield from one_of(entry.get("protocol"), PROTOCOLS, (*place, "protocol"))
    yield from unique([entry.get("name") for entry in owners], where, "name")


def resources(value: Object, where: Pointer) -> Iterator[Problem]:
    """Requests and limits of a container."""
    limits = mapping(value.get("limits"))
    for field in ("limits", "requests"):
        for name, text in mapping(value.get(field)).items():
            place = (*where, field, name)
            parsed = quantity(text)
            if parsed is None:
                continue  # the schema says so
            if parsed.value < 0:
                yield say(place, f"must not be negative, found `{text}`")
            yield from resource_name(name, place)
            if _extended(name) and parsed.value.denominator != 1:
                yield say(place, f"must be a whole number, found `{text}`")
            if field == "requests":
                yield from _request(name, text, parsed.value, limits.get(name), place)


def resource_name(name: str, pointer: Pointer) -> Iterator[Problem]:
    """The name of something that a container can ask for."""
    # The name of a device becomes `requests.<name>` in quotas and must be good there, too.
    if problem := label_key_problem(f"requests.{name}" if _extended(name) else name):
        yield pointer, f"resource `{name}` {problem}"
    elif "/" not in name and name not in _STANDARD_RESOURCES and not name.startswith("hugepages-"):
        yield say(pointer, f"is no resource: `{name}` is neither a standard one nor has a prefix such as `nvidia.com/`")
    elif _extended(name) and name.startswith("requests."):
        yield say(pointer, f"must not begin with `requests.`, found `{name}`")


def _request(name: str, text: Any, value: Fraction, limit: Any, place: Pointer) -> Iterator[Problem]:
    parsed = None if limit is None else quantity(limit)
    fixed = _extended(name) or name.startswith("hugepages-")
    if limit is None:
        if fixed:
            yield say(place, f"needs a limit of the same amount, for {name} cannot be overcommitted")
    elif parsed is not None and fixed and value != parsed.value:
        yield say(place, f"must equal the limit {limit}, found `{text}`")
    elif parsed is not None and value > parsed.value:
        yield say(place, f"must not exceed the limit {limit}, found `{text}`")


def _extended(name: str) -> bool:
    """Resources of devices, such as nvidia.com/gpu; not Kubernetes' own."""
    return "/" in name and "kubernetes.io/" not in name


def _mounts(mounts: list[Object], where: Pointer, volumes: set[Any]) -> Iterator[Problem]:
    for index, mount in enumerate(mounts):
        place = (*where, index)
        name, path = mount.get("name"), mount.get("mountPath")
        if name not in volumes:
            yield say((*place, "name"), f"`{name or ''}` is not a volume of the pod")
        if not path:
            yield say((*place, "mountPath"), "is required")
        propagation, recursive = mount.get("mountPropagation"), mount.get("recursiveReadOnly")
        yield from choice(propagation, ("Bidirectional", "HostToContainer", "None"), (*place, "mountPropagation"))
        yield from choice(recursive, ("Disabled", "Enabled", "IfPossible"), (*place, "recursiveReadOnly"))
        if recursive in ("Enabled", "IfPossible") and (
            mount.get("readOnly") is not True or propagation not in (None, "None")
        ):
            yield say((*place, "recursiveReadOnly"), "needs readOnly: true, and no mountPropagation")
        inner = mount.get("subPath")
        if isinstance(inner, str) and (inner.startswith("/") or ".." in inner.split("/")):
            yield say((*place, "subPath"), f"must be relative and without `..`, found `{inner}`")
        if inner and mount.get("subPathExpr"):
            yield say((*place, "subPathExpr"), "must not be there beside a subPath")


def _devices(devices: list[Any], where: Pointer, volumes: set[Any]) -> Iterator[Problem]:
    for index, entry in enumerate(devices):
        device, place = mapping(entry), (*where, index)
        path = device.get("devicePath")
        if device.get("name") not in volumes:
            yield say((*place, "name"), f"`{device.get('name') or ''}` is not a volume of the pod")
        if not path:
            yield say((*place, "devicePath"), "is required")
        elif isinstance(path, str) and ".." in path.split("/"):
            yield say((*place, "devicePath"), f"must not contain `..`, found `{path}`")


def _host_ports(containers: list[Object], where: Pointer) -> Iterator[Problem]:
    seen: set[Any] = set()
    for index, container in enumerate(containers):
        for at, entry in enumerate(map(mapping, items(container.get("ports")))):
            key = (entry.get("protocol") or "TCP", entry.get("hostIP") or "", entry.get("hostPort"))
            if key[2] and key in seen:
                yield say((*where, index, "ports", at, "hostPort"), f"{key[2]} is there twice")
            seen.add(key)


def _probe(probe: Object, where: Pointer, *, once: bool) -> Iterator[Problem]:
    yield from _handler(probe, where, _HANDLERS)
    numbers = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
    yield from not_negative(probe, numbers, where)
    success, grace = probe.get("successThreshold"), probe.get("terminationGracePeriodSeconds")
    if once and isinstance(success, int) and success > 1:
        yield say((*where, "successThreshold"), f"must be 1, found {success}")
    if isinstance(grace, int) and (not once or grace < 1):
        words = f"must be at least 1, found {grace}" if once else "must not be there in a readinessProbe"
        yield say((*where, "terminationGracePeriodSeconds"), words)


def _handler(owner: Object, where: Pointer, handlers: tuple[str, ...]) -> Iterator[Problem]:
    given = [handler for handler in handlers if owner.get(handler) is not None]
    if len(given) != 1:
        yield say(where, f"must have exactly one of {', '.join(handlers)}, found {' and '.join(given) or 'none'}")
    for handler in given:
        action, place = mapping(owner[handler]), (*where, handler)
        if handler == "exec" and not action.get("command"):
            yield say((*place, "command"), "must hold at least one word")
        elif handler in ("httpGet", "tcpSocket"):
            yield from port(0 if action.get("port") is None else action["port"], (*place, "port"))
        elif handler == "grpc":
            yield from port_number(action.get("port"), (*place, "port"))
    http = mapping(owner.get("httpGet"))
    yield from one_of(http.get("scheme"), ("HTTP", "HTTPS"), (*where, "httpGet", "scheme"))
    for index, header in enumerate(items(http.get("httpHeaders"))):
        name = mapping(header).get("name")
        if not isinstance(name, str) or not _HEADER.fullmatch(name):
            place = (*where, "httpGet", "httpHeaders", index, "name")
            yield say(place, f"must be letters, digits and `-`, found `{name or ''}`")


def tolerations(entries: list[Any], where: Pointer) -> Iterator[Problem]:
    for index, entry in enumerate(entries):
        yield from _toleration(mapping(entry), (*where, index))


def _toleration(value: Object, where: Pointer) -> Iterator[Problem]:
    key, operator, effect = value.get("key"), value.get("operator"), value.get("effect")
    yield from one_of(effect, _EFFECTS, (*where, "effect"))
    if isinstance(key, str) and key and (problem := label_key_problem(key)):
        yield (*where, "key"), f"{dotted((*where, 'key'))} `{key}` {problem}"
    if not key and operator != "Exists":
        yield say((*where, "operator"), "must be `Exists` when there is no key")
    text = value.get("value")
    if operator == "Exists":
        if text:
            yield say((*where, "value"), "must be empty when the operator is Exists")
    elif operator not in (None, "", "Equal"):
        yield say((*where, "operator"), f"must be one of `Equal`, `Exists`, found `{operator}`")
    elif isinstance(text, str) and (problem := label_value_problem(text)):
        yield say((*where, "value"), f"{problem}, found `{text}`")
    if value.get("tolerationSeconds") is not None and effect != "NoExecute":
        yield say((*where, "effect"), f"must be `NoExecute` when tolerationSeconds is set, found `{effect or ''}`")


def _spreads(entries: list[Any], where: Pointer) -> Iterator[Problem]:
    for index, entry in enumerate(entries):
        constraint, place = mapping(entry), (*where, index)
        yield from _spread(constraint, place)
        domains = constraint.get("minDomains")
        if isinstance(domains, int):
            if domains < 1:
                yield say((*place, "minDomains"), f"must be at least 1, found {domains}")
            if constraint.get("whenUnsatisfiable") != "DoNotSchedule":
                yield say((*place, "minDomains"), "needs whenUnsatisfiable: DoNotSchedule")
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            yield from choice(constraint.get(field), ("Honor", "Ignore"), (*place, field))
        yield from _label_keys(constraint, ("matchLabelKeys",), place)


def _label_keys(owner: Object, fields: tuple[str, ...], where: Pointer) -> Iterator[Problem]:
    """Labels of the pod itself that a selector takes up."""
    chosen = mapping(owner.get("labelSelector"))
    for field in fields:
        for index, key in enumerate(items(owner.get(field))):
            place = (*where, field, index)
            if owner.get("labelSelector") is None:
                yield say(place, "needs a labelSelector")
            if problem := label_key_problem(str(key or "")):
                yield say(place, f"{problem}, found `{key or ''}`")
            expressions = [mapping(entry).get("key") for entry in items(chosen.get("matchExpressions"))]
            taken = {*mapping(chosen.get("matchLabels")), *expressions} if field == "matchLabelKeys" else set()
            if key in taken or (field == "mismatchLabelKeys" and key in items(owner.get("matchLabelKeys"))):
                yield say(place, f"`{key}` is said before")


def _spread(value: Object, where: Pointer) -> Iterator[Problem]:
    skew = value.get("maxSkew")
    if isinstance(skew, int) and skew < 1:
        yield say((*where, "maxSkew"), f"must be at least 1, found {skew}")
    if not value.get("topologyKey"):
        yield say((*where, "topologyKey"), "is required")
    if value.get("whenUnsatisfiable") not in ("DoNotSchedule", "ScheduleAnyway"):
        found = value.get("whenUnsatisfiable") or ""
        yield say((*where, "whenUnsatisfiable"), f"must be one of `DoNotSchedule`, `ScheduleAnyway`, found `{found}`")
    yield from selector(value.get("labelSelector"), (*where, "labelSelector"))


def _affinity(value: Object, where: Pointer) -> Iterator[Problem]:
    required, preferred = (
        "requiredDuringSchedulingIgnoredDuringExecution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    )
    node = mapping(value.get("nodeAffinity"))
    if node.get(required) is not None:
        place = (*where, "nodeAffinity", required, "nodeSelectorTerms")
        terms = items(mapping(node[required]).get("nodeSelectorTerms"))
        if not terms:
            yield say(place, "must hold at least one term")
        for index, term in enumerate(terms):
            yield from node_term(mapping(term), (*place, index))
    for index, entry in enumerate(items(node.get(preferred))):
        place = (*where, "nodeAffinity", preferred, index)
        yield from _weight(mapping(entry).get("weight") or 0, (*place, "weight"))
        yield from node_term(mapping(mapping(entry).get("preference")), (*place, "preference"), strict=False)
    for kind in ("podAffinity", "podAntiAffinity"):
        owner = mapping(value.get(kind))
        for index, term in enumerate(items(owner.get(required))):
            yield from _pod_term(mapping(term), (*where, kind, required, index))
        for index, entry in enumerate(items(owner.get(preferred))):
            place = (*where, kind, preferred, index)
            yield from _weight(mapping(entry).get("weight") or 0, (*place, "weight"))
            yield from _pod_term(mapping(mapping(entry).get("podAffinityTerm")), (*place, "podAffinityTerm"))


def _pod_term(term: Object, where: Pointer) -> Iterator[Problem]:
    topology = term.get("topologyKey")
    if not topology:
        yield say((*where, "topologyKey"), "is required")
    elif problem := label_key_problem(str(topology)):
        yield say((*where, "topologyKey"), f"{problem}, found `{topology}`")
    for field in ("labelSelector", "namespaceSelector"):
        yield from selector(term.get(field), (*where, field))
    for index, name in enumerate(items(term.get("namespaces"))):
        if not isinstance(name, str) or not LABEL.fullmatch(name):
            yield say((*where, "namespaces", index), f"{LABEL_WORDS}, found `{name or ''}`")
    yield from _label_keys(term, ("matchLabelKeys", "mismatchLabelKeys"), where)


def _weight(value: Any, pointer: Pointer) -> Iterator[Problem]:
    if isinstance(value, int) and not 1 <= value <= 100:
        yield say(pointer, f"must be between 1 and 100, found {value}")
