"""Pod Security Standards, as far as manifests break them on purpose, and what each namespace enforces.

Kubernetes: Pod Security Standards (baseline and restricted), Pod Security Admission (labels of namespaces).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.rules.policy.pods import Workload, namespaces, workloads

ENFORCE = "pod-security.kubernetes.io/enforce"
Fault = tuple[Pointer, str]
"""Where in an object, and what, in words that follow "because of"."""

_BASELINE_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)


def enforced(cluster: Cluster) -> Mapping[str, str]:
    """The level that each namespace of the repository enforces; ``""`` where it has no label for it."""
    return cluster.once(_enforced)


def _enforced(cluster: Cluster) -> dict[str, str]:
    return {
        item.id.name: text(get(item.value, "metadata", "labels", ENFORCE)) for item in cluster.kind("", "Namespace")
    }


def unguarded(cluster: Cluster) -> Sequence[Workload]:
    """Workloads in namespaces of models that enforce no standard, but for those that serve the node itself."""
    return cluster.once(_unguarded)


def _unguarded(cluster: Cluster) -> tuple[Workload, ...]:
    levels = enforced(cluster)
    return tuple(
        workload
        for workload in workloads(cluster)
        if workload.namespace in namespaces(cluster)
        and levels.get(workload.namespace) not in ("baseline", "restricted")
        and not workload.of_the_node
    )


def shared_namespaces(workload: Workload) -> Iterator[Fault]:
    """The namespaces of the node that the pods use."""
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if workload.spec.get(name) is True:
            yield (*workload.at, "spec", name), f"`{name}: true`"


def privileges(workload: Workload) -> Iterator[Fault]:
    """Containers that are the node, or near it."""
    for pointer, container in workload.containers():
        context = mapping(container.get("securityContext"))
        if context.get("privileged") is True:
            yield (*pointer, "securityContext", "privileged"), "`privileged: true`"
        for index, name in enumerate(sequence(get(context, "capabilities", "add"))):
            if text(name).removeprefix("CAP_") not in _BASELINE_CAPABILITIES:
                at = (*pointer, "securityContext", "capabilities", "add", index)
                yield at, f"the capability `{name}`"


def host_paths(workload: Workload) -> Iterator[Fault]:
    """Volumes that are folders of the node."""
    for pointer, volume in items(workload.spec, "volumes"):
        if isinstance(volume.get("hostPath"), dict):
            path = get(volume, "hostPath", "path")
            yield (*workload.at, "spec", *pointer, "hostPath"), f"`hostPath` {path}"


def _host_ports(workload: Workload) -> Iterator[Fault]:
    for pointer, container in workload.containers():
        for at, port in items(container, "ports"):
            if port.get("hostPort") not in (None, 0):
                yield (*pointer, *at, "hostPort"), f"`hostPort` {port['hostPort']}"


def below_baseline(workload: Workload) -> Iterator[Fault]:
    """What ``baseline`` refuses."""
    yield from shared_namespaces(workload)
    yield from privileges(workload)
    yield from host_paths(workload)
    yield from _host_ports(workload)


def below_restricted(workload: Workload) -> Iterator[Fault]:
    """What ``restricted`` refuses; of what has to be said, whether it is."""
    yield from below_baseline(workload)
    pod = mapping(workload.spec.get("securityContext"))
    for pointer, container in workload.containers():
        context = mapping(container.get("securityContext"))
        if context.get("allowPrivilegeEscalation") is not False:
            yield pointer, "a missing `allowPrivilegeEscalation: false`"
        elif "ALL" not in sequence(get(context, "capabilities", "drop")):
            yield pointer, "a missing `capabilities.drop: [ALL]`"
        elif _of(context, pod, "runAsNonRoot") is not True:
            yield pointer, "a missing `runAsNonRoot: true`"
        elif get(_of(context, pod, "seccompProfile"), "type") not in ("RuntimeDefault", "Localhost"):
            yield pointer, "a missing `seccompProfile`"


def _of(context: Mapping[str, Any], pod: Mapping[str, Any], name: str) -> Any:
    return context[name] if name in context else pod.get(name)
