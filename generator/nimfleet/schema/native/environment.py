"""Environment variables of a container (pkg/apis/core/validation)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.metadata import label_key_problem
from nimfleet.schema.native.common import CONFIG_KEY, SUBDOMAIN, Object, Problem, items, mapping, quantity, say
from nimfleet.schema.quantity import parse_quantity

_NAME: Final = re.compile(r"[ -<>-~]+")
_FIELDS: Final = frozenset(
    [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.host",
        "spec.nodeName",
        "spec.serviceAccount",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ]
)
_SUBSCRIPT: Final = re.compile(r"(metadata\.(?:annotations|labels))\['(.*)'\]", re.DOTALL)
_RESOURCES: Final = frozenset(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
)
_HUGE_PAGES: Final = ("limits.hugepages-", "requests.hugepages-")
_UNITS: Final = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")


def environment(container: Object, where: Pointer) -> Iterator[Problem]:
    """``env`` and ``envFrom``."""
    for index, entry in enumerate(items(container.get("env"))):
        yield from _variable(mapping(entry), (*where, "env", index))
    for index, entry in enumerate(items(container.get("envFrom"))):
        place = (*where, "envFrom", index)
        sources = [key for key in ("configMapRef", "secretRef") if mapping(entry).get(key) is not None]
        if len(sources) != 1:
            yield say(place, "must have exactly one of configMapRef and secretRef")
        for source in sources:
            name = mapping(mapping(entry)[source]).get("name")
            if not _prefix_of_name(name):
                yield say((*place, source, "name"), f"must be a DNS subdomain, found `{name or ''}`")
        prefix = mapping(entry).get("prefix")
        if isinstance(prefix, str) and prefix and not _NAME.fullmatch(prefix):
            yield say((*place, "prefix"), f"must be printable ASCII without `=`, found `{prefix}`")


def _prefix_of_name(name: Any) -> bool:
    """The server takes the name for a prefix, so that `-` may stand at its end."""
    if not isinstance(name, str):
        return False
    alone = f"{name[:-2]}a" if len(name) > 1 and name.endswith("-") else name
    return SUBDOMAIN.fullmatch(alone) is not None


def _variable(entry: Object, where: Pointer) -> Iterator[Problem]:
    name = entry.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield say((*where, "name"), f"must be printable ASCII without `=`, found `{name or ''}`")
    source = entry.get("valueFrom")
    if source is None:
        return
    given = [key for key, value in mapping(source).items() if value is not None]
    place: Pointer = (*where, "valueFrom")
    if entry.get("value"):
        yield say(place, "must not be there beside a value")
    if len(given) != 1:
        yield say(place, f"must have exactly one source, found {len(given)}")
    for kind in given:
        value, at = mapping(mapping(source)[kind]), (*place, kind)
        if kind in ("configMapKeyRef", "secretKeyRef"):
            yield from _key(value, at)
        elif kind == "fieldRef":
            yield from field_reference(value, at, _FIELDS)
        elif kind == "resourceFieldRef":
            yield from resource_reference(value, at)


def _key(reference: Object, where: Pointer) -> Iterator[Problem]:
    name, key = reference.get("name"), reference.get("key")
    if not isinstance(name, str) or not SUBDOMAIN.fullmatch(name):
        yield say((*where, "name"), f"must be a DNS subdomain, found `{name or ''}`")
    yield from config_key(key, (*where, "key"))


def config_key(key: Any, pointer: Pointer) -> Iterator[Problem]:
    """A key of a ConfigMap or of a Secret."""
    if not isinstance(key, str) or not CONFIG_KEY.fullmatch(key) or key == "." or key.startswith(".."):
        yield say(pointer, f"must be letters, digits, `-`, `_` and `.`, found `{key or ''}`")


def field_reference(reference: Object, where: Pointer, fields: Collection[str]) -> Iterator[Problem]:
    """A field of the pod."""
    path, version = str(reference.get("fieldPath") or ""), reference.get("apiVersion")
    if version not in (None, "", "v1"):
        yield say((*where, "apiVersion"), f"must be `v1`, found `{version}`")
    match = _SUBSCRIPT.fullmatch(path)
    if match is not None:
        key = match[2].lower() if match[1].endswith("annotations") else match[2]
        if problem := label_key_problem(key):
            yield say((*where, "fieldPath"), f"names the key `{match[2]}`, which {problem}")
    elif path not in fields:
        yield say((*where, "fieldPath"), f"must be a field that the pod knows, found `{path}`")


def resource_reference(reference: Object, where: Pointer) -> Iterator[Problem]:
    """A request or a limit of a container."""
    name = str(reference.get("resource") or "")
    if name not in _RESOURCES and not name.startswith(_HUGE_PAGES):
        yield say((*where, "resource"), f"must be a request or limit such as `limits.memory`, found `{name}`")
    divisor = reference.get("divisor")
    parsed = quantity(divisor)
    if parsed is None or parsed.value == 0:
        return
    units = ("1", "1m") if name.endswith(".cpu") else _UNITS
    if all(parsed != parse_quantity(unit) for unit in units):
        yield say((*where, "divisor"), f"must be one of {', '.join(units)}, found `{divisor}`")
