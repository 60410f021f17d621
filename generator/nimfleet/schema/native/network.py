"""Services, Ingresses and NetworkPolicies (pkg/apis/core/validation, pkg/apis/networking/validation)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_interface
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.metadata import label_key_problem, path_segment_problem
from nimfleet.schema.native.common import (
    LABEL,
    LABEL_WORDS,
    LEADING_ZEROS,
    PROTOCOLS,
    SUBDOMAIN,
    Object,
    Problem,
    cidr,
    items,
    labels,
    mapping,
    one_of,
    port,
    port_name,
    port_number,
    say,
    selector,
    unique,
)

_SERVICE_TYPES: Final = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_DISTRIBUTIONS: Final = ("PreferClose", "PreferSameNode", "PreferSameZone")
_NODE_PORTS: Final = (30000, 32767)  # what a server uses that is not told otherwise, as on EKS
_LONGEST_AFFINITY: Final = 86400
_LONGEST_CONTROLLER: Final = 250
_CONTROLLER_PATH: Final = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_BAD_IN_PATH: Final = ("//", "/./", "/../", "%2f", "%2F")


def service(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    kind = spec.get("type") or "ClusterIP"
    yield from one_of(kind, _SERVICE_TYPES, ("spec", "type"))
    ports = [mapping(entry) for entry in items(spec.get("ports"))]
    headless = "None" in (spec.get("clusterIP"), *items(spec.get("clusterIPs")))
    if not ports and kind != "ExternalName" and not headless:
        yield say(("spec", "ports"), "must hold at least one port, except for a headless Service")
    for index, entry in enumerate(ports):
        yield from _service_port(entry, ("spec", "ports", index), kind, needs_name=len(ports) > 1)
    yield from unique([entry.get("name") for entry in ports], ("spec", "ports"), "name")
    name = spec.get("externalName")
    if kind == "ExternalName" and not (isinstance(name, str) and SUBDOMAIN.fullmatch(name.removesuffix("."))):
        yield say(("spec", "externalName"), f"must be a DNS name when the type is ExternalName, found `{name or ''}`")
    if kind == "LoadBalancer" and spec.get("clusterIP") == "None":
        yield say(("spec", "clusterIP"), "must not be `None` when the type is LoadBalancer")
    yield from one_of(spec.get("sessionAffinity"), ("ClientIP", "None"), ("spec", "sessionAffinity"))
    for index, family in enumerate(items(spec.get("ipFamilies"))):
        if family not in ("IPv4", "IPv6"):
            yield say(("spec", "ipFamilies", index), f"must be one of `IPv4`, `IPv6`, found `{family or ''}`")
        elif family in items(spec.get("ipFamilies"))[:index]:
            yield say(("spec", "ipFamilies", index), f"`{family}` is there twice")
    if spec.get("internalTrafficPolicy") == "":
        yield say(("spec", "internalTrafficPolicy"), "must not be empty")
    health = spec.get("healthCheckNodePort")
    if isinstance(health, int) and health:
        if kind != "LoadBalancer" or spec.get("externalTrafficPolicy") != "Local":
            words = "needs the type LoadBalancer and externalTrafficPolicy: Local"
            yield say(("spec", "healthCheckNodePort"), words)
        yield from port_number(health, ("spec", "healthCheckNodePort"))
    if kind == "ExternalName":
        for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if spec.get(field):
                yield say(("spec", field), "must not be there when the type is ExternalName")
    else:
        addresses = items(spec.get("clusterIPs"))
        if addresses and addresses[0] != (spec.get("clusterIP") or ""):
            yield say(("spec", "clusterIPs", 0), "must be the same as clusterIP")
        for at, address in enumerate((spec.get("clusterIP"), *items(spec.get("clusterIPs")))):
            place: Pointer = ("spec", "clusterIPs", at - 1) if at else ("spec", "clusterIP")
            if (address or at) and address != "None":
                yield from _ip(address, place)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in ("SingleStack", "PreferDualStack", "RequireDualStack"):
        shown = "`SingleStack`, `PreferDualStack`, `RequireDualStack`"
        yield say(("spec", "ipFamilyPolicy"), f"must be one of {shown}, found `{policy}`")
    balancer = spec.get("loadBalancerClass")
    if balancer is not None:
        if kind != "LoadBalancer":
            yield say(("spec", "loadBalancerClass"), f"must not be there when the type is {kind}")
        if problem := label_key_problem(str(balancer)):
            yield say(("spec", "loadBalancerClass"), f"{problem}, found `{balancer}`")
    if kind != "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is not None:
        yield say(("spec", "allocateLoadBalancerNodePorts"), f"must not be there when the type is {kind}")
    # Without affinity, the server drops its configuration.
    seconds = mapping(mapping(spec.get("sessionAffinityConfig")).get("clientIP")).get("timeoutSeconds")
    if isinstance(seconds, int) and spec.get("sessionAffinity") == "ClientIP" and not 1 <= seconds <= _LONGEST_AFFINITY:
        yield say(
            ("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"),
            f"must be between 1 and {_LONGEST_AFFINITY}, found {seconds}",
        )
    for at, address in enumerate(items(spec.get("externalIPs"))):
        yield from _address(address, ("spec", "externalIPs", at))
    distribution = spec.get("trafficDistribution")
    if distribution is not None and distribution not in _DISTRIBUTIONS:
        shown = ", ".join(f"`{option}`" for option in _DISTRIBUTIONS)
        yield say(("spec", "trafficDistribution"), f"must be one of {shown}, found `{distribution}`")
    for field in ("externalTrafficPolicy", "internalTrafficPolicy"):
        yield from one_of(spec.get(field), ("Cluster", "Local"), ("spec", field))
    if spec.get("externalTrafficPolicy") and kind == "ClusterIP" and not spec.get("externalIPs"):
        yield say(
            ("spec", "externalTrafficPolicy"),
            "must not be set, for a Service of type ClusterIP is not reachable from outside",
        )
    for index, source in enumerate(items(spec.get("loadBalancerSourceRanges"))):
        place = ("spec", "loadBalancerSourceRanges", index)
        if kind != "LoadBalancer":
            yield say(place[:2], f"must not be set when the type is {kind}")
            break
        yield from cidr(str(source).strip(), place)
    yield from labels(spec.get("selector"), ("spec", "selector"))


def _ip(text: Any, pointer: Pointer) -> Iterator[Problem]:
    try:
        ip_address(str(text or ""))
    except ValueError:
        yield say(pointer, f"must be an IP address, found `{text or ''}`")


def _address(text: Any, pointer: Pointer) -> Iterator[Problem]:
    problems = list(_ip(text, pointer))
    yield from problems
    if problems:
        return
    address = ip_address(str(text))
    if address.is_unspecified or address.is_loopback or address.is_link_local or address.is_multicast:
        yield say(pointer, f"must be an address of one machine, found `{text}`")


def _service_port(entry: Object, where: Pointer, kind: str, *, needs_name: bool) -> Iterator[Problem]:
    yield from port_number(entry.get("port") or 0, (*where, "port"))
    if entry.get("targetPort") not in (None, 0, ""):
        yield from port(entry["targetPort"], (*where, "targetPort"))
    node_port = entry.get("nodePort")
    outside = kind in ("LoadBalancer", "NodePort")
    if outside and isinstance(node_port, int) and node_port and not _NODE_PORTS[0] <= node_port <= _NODE_PORTS[1]:
        yield say((*where, "nodePort"), f"must be between {_NODE_PORTS[0]} and {_NODE_PORTS[1]}, found {node_port}")
    if node_port and kind == "ClusterIP":
        yield say((*where, "nodePort"), f"must not be set when the type is {kind}")
    name = entry.get("name")
    if needs_name and not name:
        yield say((*where, "name"), "is required when there is more than one port")
    if isinstance(name, str) and name and not LABEL.fullmatch(name):
        yield say((*where, "name"), f"{LABEL_WORDS}, found `{name}`")
    yield from one_of(entry.get("protocol"), PROTOCOLS, (*where, "protocol"))
    application = entry.get("appProtocol")
    if isinstance(application, str) and (problem := label_key_problem(application)):
        yield say((*where, "appProtocol"), f"{problem}, found `{application}`")


def ingress(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    place: Pointer
    rules = items(spec.get("rules"))
    default = spec.get("defaultBackend")
    if not rules and default is None:
        yield say(("spec",), "must have rules or a defaultBackend")
    if default is not None:
        yield from _backend(mapping(default), ("spec", "defaultBackend"))
    for index, rule in enumerate(rules):
        place = ("spec", "rules", index)
        yield from _host(mapping(rule).get("host"), (*place, "host"))
        http = mapping(rule).get("http")
        if http is None:
            continue
        paths = items(mapping(http).get("paths"))
        if not paths:
            yield say((*place, "http", "paths"), "must hold at least one path")
        for at, path in enumerate(paths):
            yield from _path(mapping(path), (*place, "http", "paths", at))
    for index, entry in enumerate(items(spec.get("tls"))):
        for at, host in enumerate(items(mapping(entry).get("hosts"))):
            if not SUBDOMAIN.fullmatch(str(host or "").removeprefix("*.")):
                place = ("spec", "tls", index, "hosts", at)
                yield say(place, f"must be a DNS name, which may begin with `*.`, found `{host or ''}`")
        secret = mapping(entry).get("secretName")
        if isinstance(secret, str) and secret and not SUBDOMAIN.fullmatch(secret):
            yield say(("spec", "tls", index, "secretName"), f"must be a DNS subdomain, found `{secret}`")
    name = spec.get("ingressClassName")
    if isinstance(name, str) and not SUBDOMAIN.fullmatch(name):
        yield say(("spec", "ingressClassName"), f"must be a DNS subdomain, found `{name}`")


def _host(host: Any, pointer: Pointer) -> Iterator[Problem]:
    if not isinstance(host, str) or not host:
        return
    try:
        ip_address(host)
    except ValueError:
        if not SUBDOMAIN.fullmatch(host.removeprefix("*.")):
            yield say(pointer, f"must be a DNS name, which may begin with `*.`, found `{host}`")
    else:
        yield say(pointer, f"must be a DNS name, not an IP address, found `{host}`")


def _path(entry: Object, where: Pointer) -> Iterator[Problem]:
    path, kind = entry.get("path") or "", entry.get("pathType")
    if kind not in ("Exact", "Prefix", "ImplementationSpecific"):
        yield say(
            (*where, "pathType"), f"must be one of `Exact`, `Prefix`, `ImplementationSpecific`, found `{kind or ''}`"
        )
    elif kind == "ImplementationSpecific":
        if path and not path.startswith("/"):
            yield say((*where, "path"), f"must begin with `/`, found `{path}`")
    elif not path.startswith("/"):
        yield say((*where, "path"), f"must begin with `/`, found `{path}`")
    elif (bad := next((part for part in _BAD_IN_PATH if part in path), None)) or path.endswith(("/.", "/..")):
        yield say((*where, "path"), f"must not {f'contain `{bad}`' if bad else 'end in `/.` or `/..`'}, found `{path}`")
    yield from _backend(mapping(entry.get("backend")), (*where, "backend"))


def _backend(backend: Object, where: Pointer) -> Iterator[Problem]:
    target, resource = backend.get("service"), backend.get("resource")
    if (target is None) == (resource is None):
        yield say(where, "must have exactly one of service and resource")
    if resource is not None:
        yield from _reference(mapping(resource), (*where, "resource"))
    if target is None:
        return
    name, chosen = mapping(target).get("name"), mapping(mapping(target).get("port"))
    if not isinstance(name, str) or not LABEL.fullmatch(name):
        yield say((*where, "service", "name"), f"must be the name of a Service, found `{name or ''}`")
    place = (*where, "service", "port")
    if bool(chosen.get("name")) == bool(chosen.get("number")):
        yield say(place, "must have exactly one of name and number")
    elif chosen.get("name"):
        yield from port_name(chosen["name"], (*place, "name"))
    else:
        yield from port_number(chosen["number"], (*place, "number"))


def ingress_class(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    controller = spec.get("controller") or ""
    domain, slash, path = str(controller).partition("/")
    if len(str(controller)) > _LONGEST_CONTROLLER or not (slash and path and SUBDOMAIN.fullmatch(domain)):
        yield say(("spec", "controller"), f"must be a domain and a path such as `example.com/x`, found `{controller}`")
    elif not _CONTROLLER_PATH.fullmatch(path):
        yield say(("spec", "controller"), f"must have a path of URL characters, found `{controller}`")
    parameters = spec.get("parameters")
    if parameters is None:
        return
    where: Pointer = ("spec", "parameters")
    yield from _reference(mapping(parameters), where)
    scope, namespace = mapping(parameters).get("scope"), mapping(parameters).get("namespace")
    if scope not in (None, "Cluster", "Namespace"):
        yield say((*where, "scope"), f"must be one of `Cluster`, `Namespace`, found `{scope}`")
    elif scope == "Namespace":
        if not isinstance(namespace, str) or not LABEL.fullmatch(namespace):
            yield say(
                (*where, "namespace"), f"must be a namespace when the scope is Namespace, found `{namespace or ''}`"
            )
    elif namespace is not None:
        yield say((*where, "namespace"), "must not be there when the scope is Cluster")


def _reference(reference: Object, where: Pointer) -> Iterator[Problem]:
    """Group, kind and name of something that is no Service."""
    group = reference.get("apiGroup")
    if isinstance(group, str) and not SUBDOMAIN.fullmatch(group):
        yield say((*where, "apiGroup"), f"must be a DNS subdomain, found `{group}`")
    for field in ("kind", "name"):
        text = reference.get(field)
        if not text:
            yield say((*where, field), "is required")
        elif problem := path_segment_problem(str(text)):
            yield say((*where, field), f"{problem}, found `{text}`")


def network_policy(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    yield from selector(spec.get("podSelector"), ("spec", "podSelector"))
    types = items(spec.get("policyTypes"))
    if len(types) > 2:
        yield say(("spec", "policyTypes"), f"must hold at most two, found {len(types)}")
    for index, kind in enumerate(types):
        if kind not in ("Ingress", "Egress"):
            yield say(("spec", "policyTypes", index), f"must be one of `Ingress`, `Egress`, found `{kind}`")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(items(spec.get(direction))):
            place: Pointer = ("spec", direction, index)
            for at, entry in enumerate(items(mapping(rule).get("ports"))):
                yield from _policy_port(mapping(entry), (*place, "ports", at))
            for at, peer in enumerate(items(mapping(rule).get(peers))):
                yield from _peer(mapping(peer), (*place, peers, at))


def _policy_port(entry: Object, where: Pointer) -> Iterator[Problem]:
    number, end = entry.get("port"), entry.get("endPort")
    yield from one_of(entry.get("protocol"), PROTOCOLS, (*where, "protocol"))
    if entry.get("protocol") == "":
        yield say((*where, "protocol"), "must not be empty")
    if number is not None:
        yield from port(number, (*where, "port"))
    if isinstance(end, int):
        if not isinstance(number, int):
            yield say((*where, "endPort"), "needs a port that is a number")
        elif end < number:
            yield say((*where, "endPort"), f"must not be less than the port {number}, found {end}")
        yield from port_number(end, (*where, "endPort"))


def _peer(peer: Object, where: Pointer) -> Iterator[Problem]:
    given = [key for key in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(key) is not None]
    if not given:
        yield say(where, "must have a podSelector, a namespaceSelector or an ipBlock")
    if "ipBlock" not in given:
        for key in given:
            yield from selector(peer[key], (*where, key))
        return
    if len(given) > 1:
        yield say(where, "must not have selectors beside an ipBlock")
    block = mapping(peer["ipBlock"])
    yield from cidr(str(block.get("cidr", "")), (*where, "ipBlock", "cidr"))
    for index, excluded in enumerate(items(block.get("except"))):
        place = (*where, "ipBlock", "except", index)
        problems = list(cidr(str(excluded), place))
        yield from problems
        judged = not problems and not list(cidr(str(block.get("cidr", "")), place))
        if judged and not _inside(str(excluded), str(block["cidr"])):
            yield say(place, f"must be a part of {block['cidr']}, found `{excluded}`")


def _inside(inner: str, outer: str) -> bool:
    """Whether a CIDR is a part of another one, and less than all of it."""
    small, large = (ip_interface(LEADING_ZEROS.sub("", text)).network for text in (inner, outer))
    if small.version != large.version:
        return False
    return small.network_address in large and small.prefixlen > large.prefixlen
