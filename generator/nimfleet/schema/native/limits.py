"""Quotas, limits and classes of runtimes (pkg/apis/core/validation, pkg/apis/node/validation)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.metadata import label_key_problem
from nimfleet.schema.native.common import LABEL, LABEL_WORDS, Object, Problem, items, labels, mapping, quantity, say
from nimfleet.schema.native.pods import resource_name, resources, tolerations

_COMPUTE: Final = ("cpu", "ephemeral-storage", "memory")
_COUNTS: Final = (
    "configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services",
    "services.loadbalancers", "services.nodeports",
)  # fmt: skip
_QUOTAS: Final = frozenset(
    [
        *_COMPUTE,
        *_COUNTS,
        "requests.storage",
        *(f"{kind}.{name}" for kind in ("limits", "requests") for name in _COMPUTE),
    ]
)
_STANDARD: Final = _QUOTAS | {"storage"}
_HUGE_PAGES: Final = ("hugepages-", "requests.hugepages-")
_POD_COMPUTE: Final = frozenset(
    ["pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"]
)
_SCOPES: Final[dict[str, frozenset[str]]] = {
    "BestEffort": frozenset(["pods"]),
    "CrossNamespacePodAffinity": _POD_COMPUTE,
    "NotBestEffort": _POD_COMPUTE,
    "NotTerminating": _POD_COMPUTE,
    "PriorityClass": _POD_COMPUTE,
    "Terminating": _POD_COMPUTE,
    "VolumeAttributesClass": frozenset(["persistentvolumeclaims", "requests.storage"]),
}
_ONLY_EXISTS: Final = frozenset(_SCOPES) - {"PriorityClass", "VolumeAttributesClass"}
_EXCLUSIVE: Final = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_LARGEST_MILLI: Final = (2**63 - 1) // 1000
_LIMIT_TYPES: Final = ("Container", "PersistentVolumeClaim", "Pod")


def _huge(name: str) -> bool:
    return name.startswith(_HUGE_PAGES)


def _named(name: str, known: frozenset[str], where: Pointer) -> Iterator[Problem]:
    if problem := label_key_problem(name):
        yield where, f"resource `{name}` {problem}"
    elif "/" not in name and name not in known and not _huge(name):
        yield say(where, f"is no resource: `{name}` is neither a standard one nor has a prefix such as `nvidia.com/`")


def quota(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    hard = mapping(spec.get("hard"))
    for name, amount in hard.items():
        place = ("spec", "hard", name)
        yield from _named(name, _QUOTAS, place)
        parsed = _value(amount)
        whole = name in _COUNTS or ("/" in name and "kubernetes.io/" not in name and not name.startswith("requests."))
        if parsed < 0:
            yield say(place, f"must not be negative, found `{amount}`")
        if whole and (parsed * 1000).__ceil__() % 1000:
            yield say(place, f"must be a whole number, found `{amount}`")
    scopes = items(spec.get("scopes"))
    for index, scope in enumerate(scopes):
        yield from _scope(scope, hard, ("spec", "scopes", index))
    yield from _exclusive(scopes, ("spec", "scopes"))
    expressions = [mapping(entry) for entry in items(mapping(spec.get("scopeSelector")).get("matchExpressions"))]
    where: Pointer = ("spec", "scopeSelector", "matchExpressions")
    for index, entry in enumerate(expressions):
        yield from _scope_expression(entry, hard, (*where, index))
    yield from _exclusive([entry.get("scopeName") for entry in expressions], where)


def _scope(scope: Any, hard: Object, where: Pointer) -> Iterator[Problem]:
    if scope not in _SCOPES:
        yield say(where, f"must be one of {', '.join(f'`{known}`' for known in _SCOPES)}, found `{scope or ''}`")
        return
    for name in sorted(hard):
        if (name in _QUOTAS or _huge(name)) and name not in _SCOPES[scope]:
            yield say(where, f"`{scope}` does not go with the resource {name}")


def _scope_expression(entry: Object, hard: Object, where: Pointer) -> Iterator[Problem]:
    scope, operator, values = entry.get("scopeName"), entry.get("operator"), items(entry.get("values"))
    yield from _scope(scope, hard, (*where, "scopeName"))
    if scope in _ONLY_EXISTS and operator != "Exists":
        yield say((*where, "operator"), f"must be `Exists` with the scope {scope}, found `{operator or ''}`")
    if operator in ("In", "NotIn"):
        if not values:
            yield say((*where, "values"), f"must not be empty when the operator is {operator}")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield say((*where, "values"), f"must be empty when the operator is {operator}")
    else:
        shown = "`In`, `NotIn`, `Exists`, `DoesNotExist`"
        yield say((*where, "operator"), f"must be one of {shown}, found `{operator or ''}`")


def _exclusive(scopes: list[Any], where: Pointer) -> Iterator[Problem]:
    for first, second in _EXCLUSIVE:
        if first in scopes and second in scopes:
            yield say(where, f"must not hold both {first} and {second}")


def limit_range(value: Object) -> Iterator[Problem]:
    limits = [mapping(entry) for entry in items(mapping(value.get("spec")).get("limits"))]
    seen: list[Any] = []
    for index, limit in enumerate(limits):
        where: Pointer = ("spec", "limits", index)
        kind = limit.get("type") or ""
        if problem := label_key_problem(str(kind)):
            yield (*where, "type"), f"type `{kind}` {problem}"
        elif "/" not in kind and kind not in _LIMIT_TYPES:
            yield say(
                (*where, "type"), f"must be one of {', '.join(f'`{known}`' for known in _LIMIT_TYPES)}, found `{kind}`"
            )
        if kind in seen:
            yield say((*where, "type"), f"`{kind}` is there twice")
        seen.append(kind)
        yield from _limit(limit, str(kind), where)


def _limit(limit: Object, kind: str, where: Pointer) -> Iterator[Problem]:
    fields = ["max", "min", "maxLimitRequestRatio"]
    for field in ("default", "defaultRequest"):
        if kind != "Pod":
            fields.append(field)
        elif limit.get(field):
            yield say((*where, field), "must not be there when the type is Pod")
    for field in fields:
        for name in mapping(limit.get(field)):
            if kind in ("Container", "Pod"):
                yield from resource_name(name, (*where, field, name))
            else:
                yield from _named(name, _STANDARD, (*where, field, name))
    given = {field: {name: _value(amount) for name, amount in mapping(limit.get(field)).items()} for field in fields}
    if kind == "PersistentVolumeClaim" and "storage" not in given["min"] and "storage" not in given["max"]:
        yield say(where, "must have storage in min or max")
    for low, high in (
        ("min", "max"),
        ("min", "defaultRequest"),
        ("min", "default"),
        ("defaultRequest", "max"),
        ("defaultRequest", "default"),
        ("default", "max"),
    ):
        for name, amount in given.get(low, {}).items():
            if name in given.get(high, {}) and amount > given[high][name]:
                yield say((*where, low, name), f"must not exceed {high}.{name}, found `{limit[low][name]}`")
    for name, ratio in given["maxLimitRequestRatio"].items():
        if ratio < 1:
            yield say((*where, "maxLimitRequestRatio", name), "must be at least 1")
        if name in given["min"] and name in given["max"] and _too_far(ratio, given["min"][name], given["max"][name]):
            yield say((*where, "maxLimitRequestRatio", name), "must not exceed max divided by min")
    for name, amount in given.get("default", {}).items():
        fixed = _huge(name) or ("/" in name and "kubernetes.io/" not in name)
        if fixed and given.get("defaultRequest", {}).get(name, amount) != amount:
            yield say(
                (*where, "defaultRequest", name), f"must equal default.{name}, for {name} cannot be overcommitted"
            )


def _too_far(ratio: Fraction, least: Fraction, most: Fraction) -> bool:
    """Whether ``ratio`` exceeds max divided by min, as the server counts: in thousandths where they fit 64 bits."""
    if any(abs(part) >= 2**63 for part in (ratio, least, most)):
        return False  # the server's arithmetic overflows
    scale = 1000 if all(abs(part.__ceil__()) < _LARGEST_MILLI for part in (ratio, least, most)) else 1
    low, high = (least * scale).__ceil__(), (most * scale).__ceil__()
    if low == 0:
        return high < 0
    return Fraction((ratio * scale).__ceil__(), scale) > Fraction(high, low)


def _value(amount: Any) -> Fraction:
    parsed = quantity(amount)
    return Fraction(0) if parsed is None else parsed.value


def runtime_class(value: Object) -> Iterator[Problem]:
    handler = value.get("handler")
    if not isinstance(handler, str) or not LABEL.fullmatch(handler):
        yield say(("handler",), f"{LABEL_WORDS}, found `{handler or ''}`")
    overhead: Mapping[str, Any] = mapping(mapping(value.get("overhead")).get("podFixed"))
    for pointer, text in resources({"limits": overhead}, ("overhead",)):
        # What is a limit to that check is called podFixed here.
        yield (pointer[0], "podFixed", *pointer[2:]), text.replace("overhead.limits", "overhead.podFixed")
    scheduling = mapping(value.get("scheduling"))
    yield from labels(scheduling.get("nodeSelector"), ("scheduling", "nodeSelector"))
    entries = items(scheduling.get("tolerations"))
    yield from tolerations(entries, ("scheduling", "tolerations"))
    keys = [tuple(mapping(entry).get(key) or "" for key in ("key", "operator", "value", "effect")) for entry in entries]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield say(("scheduling", "tolerations", index), "is there twice")
