"""What a pod says about itself beside its containers: names, DNS, claims of devices (pkg/apis/core/validation)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.metadata import label_key_problem
from nimfleet.schema.native.common import LABEL, LABEL_WORDS, SUBDOMAIN, Object, Problem, items, mapping, say, unique
from nimfleet.schema.native.security import choice, security_context

_LABELS: Final = ("hostname", "subdomain")
_SUBDOMAINS: Final = ("nodeName", "priorityClassName", "runtimeClassName", "serviceAccountName", "serviceAccount")
_SEARCH: Final = re.compile(r"[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?(\.[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?)*")
_LONGEST_DEADLINE: Final = 2**31 - 1


def about(spec: Object, where: Pointer, *, names: bool = True) -> Iterator[Problem]:
    """``names`` is false where a controller sets hostname and subdomain anyway."""
    for field in _LABELS if names else ():
        text = spec.get(field)
        if isinstance(text, str) and text and not LABEL.fullmatch(text):
            yield say((*where, field), f"{LABEL_WORDS}, found `{text}`")
    for field in _SUBDOMAINS:
        text = spec.get(field)
        wanted = text is not None if field == "runtimeClassName" else bool(text)
        if field == "serviceAccount" and spec.get("serviceAccountName"):
            continue  # the old name of that field, and not looked at beside it
        if isinstance(text, str) and wanted and not SUBDOMAIN.fullmatch(text):
            yield say((*where, field), f"must be a DNS subdomain, found `{text}`")
    deadline = spec.get("activeDeadlineSeconds")
    if isinstance(deadline, int) and not 1 <= deadline <= _LONGEST_DEADLINE:
        yield say((*where, "activeDeadlineSeconds"), f"must be between 1 and {_LONGEST_DEADLINE}, found {deadline}")
    yield from choice(spec.get("preemptionPolicy"), ("Never", "PreemptLowerPriority"), (*where, "preemptionPolicy"))
    context = mapping(spec.get("securityContext"))
    yield from security_context(context, (*where, "securityContext"))
    if spec.get("hostPID") is True and spec.get("shareProcessNamespace") is True:
        yield say((*where, "shareProcessNamespace"), "must not be true when hostPID is")
    if spec.get("os") is not None:
        yield from choice(mapping(spec["os"]).get("name") or "", ("linux", "windows"), (*where, "os", "name"))
    override = spec.get("hostnameOverride")
    if override is not None:
        if not (len(str(override)) <= 64 and SUBDOMAIN.fullmatch(str(override))):
            yield say(
                (*where, "hostnameOverride"), f"must be a DNS subdomain of at most 64 characters, found `{override}`"
            )
        for field in ("hostNetwork", "setHostnameAsFQDN"):
            if spec.get(field) is True:
                yield say((*where, "hostnameOverride"), f"must not be there when {field} is true")
    if spec.get("hostUsers") is False:
        for field in ("hostIPC", "hostNetwork", "hostPID"):
            if spec.get(field) is True:
                yield say((*where, field), "must not be true when hostUsers is false")
    for field in ("limits", "requests"):
        for name in mapping(mapping(spec.get("resources")).get(field)):
            if name not in ("cpu", "memory") and not name.startswith("hugepages-"):
                yield say((*where, "resources", field, name), "must be cpu, memory or huge pages for a whole pod")
    if mapping(spec.get("resources")).get("claims") is not None:
        yield say((*where, "resources", "claims"), "must not be there for a whole pod")
    yield from _aliases(items(spec.get("hostAliases")), (*where, "hostAliases"))
    yield from _dns(spec, where)
    yield from _gates(spec, where)
    yield from _claims([mapping(entry) for entry in items(spec.get("resourceClaims"))], (*where, "resourceClaims"))


def _aliases(aliases: list[Any], where: Pointer) -> Iterator[Problem]:
    for index, entry in enumerate(aliases):
        alias = mapping(entry)
        yield from _address(alias.get("ip"), (*where, index, "ip"))
        for at, name in enumerate(items(alias.get("hostnames"))):
            if not isinstance(name, str) or not SUBDOMAIN.fullmatch(name):
                yield say((*where, index, "hostnames", at), f"must be a DNS subdomain, found `{name or ''}`")


def _address(text: Any, pointer: Pointer) -> Iterator[Problem]:
    try:
        ip_address(str(text or ""))
    except ValueError:
        yield say(pointer, f"must be an IP address, found `{text or ''}`")


def _dns(spec: Object, where: Pointer) -> Iterator[Problem]:
    config = mapping(spec.get("dnsConfig"))
    servers, searches = items(config.get("nameservers")), items(config.get("searches"))
    place = (*where, "dnsConfig")
    if spec.get("dnsPolicy") == "None" and not servers:
        yield say((*place, "nameservers"), "must hold at least one when dnsPolicy is None")
    if len(servers) > 3:
        yield say((*place, "nameservers"), f"must hold at most 3, found {len(servers)}")
    for index, server in enumerate(servers):
        yield from _address(server, (*place, "nameservers", index))
    if len(searches) > 32 or len(" ".join(str(search or "") for search in searches)) > 2048:
        yield say((*place, "searches"), "must hold at most 32, of 2048 characters in all")
    for index, search in enumerate(searches):
        text = str(search or "")
        if text != "." and not (len(text) <= 254 and _SEARCH.fullmatch(text.removesuffix("."))):
            yield say((*place, "searches", index), f"must be a DNS name, found `{text}`")
    for index, option in enumerate(items(config.get("options"))):
        if not mapping(option).get("name"):
            yield say((*place, "options", index, "name"), "is required")


def _gates(spec: Object, where: Pointer) -> Iterator[Problem]:
    for index, gate in enumerate(items(spec.get("readinessGates"))):
        text = str(mapping(gate).get("conditionType") or "")
        if problem := label_key_problem(text):
            yield say((*where, "readinessGates", index, "conditionType"), f"{problem}, found `{text}`")
    for index, gate in enumerate(items(spec.get("schedulingGates"))):
        text = str(mapping(gate).get("name") or "")
        if problem := label_key_problem(text):
            yield say((*where, "schedulingGates", index, "name"), f"{problem}, found `{text}`")


def _claims(claims: list[Object], where: Pointer) -> Iterator[Problem]:
    for index, claim in enumerate(claims):
        place = (*where, index)
        name = claim.get("name")
        if not isinstance(name, str) or not LABEL.fullmatch(name):
            yield say((*place, "name"), f"{LABEL_WORDS}, found `{name or ''}`")
        direct, made = claim.get("resourceClaimName"), claim.get("resourceClaimTemplateName")
        if (direct is None) == (made is None):
            yield say(place, "must have exactly one of resourceClaimName and resourceClaimTemplateName")
        for field, text in (("resourceClaimName", direct), ("resourceClaimTemplateName", made)):
            if text is not None and not SUBDOMAIN.fullmatch(str(text)):
                yield say((*place, field), f"must be a DNS subdomain, found `{text}`")
    yield from unique([claim.get("name") for claim in claims], where, "name")
