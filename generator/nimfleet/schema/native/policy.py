"""Autoscaling, disruption budgets and priorities (pkg/apis/autoscaling, policy and scheduling, validation)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.metadata import path_segment_problem
from nimfleet.schema.native.common import (
    LABEL,
    LABEL_WORDS,
    Object,
    Problem,
    amount,
    items,
    mapping,
    one_of,
    percent,
    quantity,
    say,
    selector,
)
from nimfleet.schema.native.pods import resource_name

_SOURCES: Final = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
_TARGETS: Final = ("averageUtilization", "averageValue", "value")
_LONGEST_WINDOW: Final = 3600
_HIGHEST_PRIORITY: Final = 1_000_000_000


def autoscaler(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    low, high = spec.get("minReplicas"), spec.get("maxReplicas")
    if isinstance(low, int) and low < 1:
        yield say(("spec", "minReplicas"), f"must be at least 1, found {low}")
    if isinstance(high, int) and high < 1:
        yield say(("spec", "maxReplicas"), f"must be at least 1, found {high}")
    elif isinstance(high, int) and isinstance(low, int) and high < low:
        yield say(("spec", "maxReplicas"), f"must not be less than minReplicas ({low}), found {high}")
    yield from _target(mapping(spec.get("scaleTargetRef")), ("spec", "scaleTargetRef"), grouped=True)
    used = spec.get("targetCPUUtilizationPercentage")
    if isinstance(used, int) and used < 1:
        yield say(("spec", "targetCPUUtilizationPercentage"), f"must be greater than zero, found {used}")
    for index, metric in enumerate(items(spec.get("metrics"))):
        yield from _metric(mapping(metric), ("spec", "metrics", index))
    for direction in ("scaleUp", "scaleDown"):
        yield from _behavior(mapping(mapping(spec.get("behavior")).get(direction)), ("spec", "behavior", direction))


def _target(reference: Object, where: Pointer, *, grouped: bool = False) -> Iterator[Problem]:
    """What is scaled, or measured. ``grouped`` is true where apiVersion must name a group."""
    for field in ("kind", "name"):
        text = reference.get(field)
        if not text:
            yield say((*where, field), "is required")
        elif problem := path_segment_problem(str(text)):
            yield say((*where, field), f"{problem}, found `{text}`")
    version = reference.get("apiVersion") or ""
    group, slash, name = str(version).partition("/")
    if grouped and not (slash and group and name and "/" not in name):
        yield say((*where, "apiVersion"), f"must be a group and a version such as `apps/v1`, found `{version}`")


def _metric(metric: Object, where: Pointer) -> Iterator[Problem]:
    kind = metric.get("type")
    if kind not in _SOURCES:
        shown = ", ".join(f"`{option}`" for option in _SOURCES)
        yield say((*where, "type"), f"must be one of {shown}, found `{kind or ''}`")
        return
    field = _SOURCES[kind]
    given = [source for source in _SOURCES.values() if metric.get(source) is not None]
    if given != [field]:
        yield say(
            where, f"must have {field} and no other source when the type is {kind}, found {', '.join(given) or 'none'}"
        )
        return
    if field == "object":
        yield from _target(mapping(mapping(metric[field]).get("describedObject")), (*where, field, "describedObject"))
    source = mapping(metric[field])
    if field in ("resource", "containerResource"):
        if not source.get("name"):
            yield say((*where, field, "name"), "is required")
    else:
        yield from _identifier(mapping(source.get("metric")), (*where, field, "metric"))
    if field == "containerResource":
        if source.get("name"):
            yield from resource_name(str(source["name"]), (*where, field, "name"))
        container = source.get("container")
        if not isinstance(container, str) or not LABEL.fullmatch(container):
            yield say((*where, field, "container"), f"{LABEL_WORDS}, found `{container or ''}`")
    target, place = mapping(mapping(metric[field]).get("target")), (*where, field, "target")
    kinds = ("Utilization", "Value", "AverageValue")
    yield from _required_one_of(target.get("type"), kinds, (*place, "type"))
    allowed = {"resource": _TARGETS[:2], "containerResource": _TARGETS[:2], "pods": _TARGETS[1:2]}.get(
        field, _TARGETS[1:]
    )
    set_ = [name for name in _TARGETS if target.get(name) is not None]
    if not set(set_) & set(allowed):
        yield say(place, f"must have {' or '.join(allowed)}")
    if field in ("resource", "containerResource", "external") and len(set(set_) & set(allowed)) > 1:
        yield say(place, f"must have only one of {' and '.join(allowed)}")
    for name in set_:
        yield from _positive(target[name], (*place, name))


def _identifier(metric: Object, where: Pointer) -> Iterator[Problem]:
    name = metric.get("name")
    if not name:
        yield say((*where, "name"), "is required")
    elif problem := path_segment_problem(str(name)):
        yield say((*where, "name"), f"{problem}, found `{name}`")


def _required_one_of(value: Any, options: tuple[str, ...], pointer: Pointer) -> Iterator[Problem]:
    if value:
        yield from one_of(value, options, pointer)
    else:
        yield say(pointer, "is required")


def _positive(value: Any, pointer: Pointer) -> Iterator[Problem]:
    parsed = quantity(value)
    if parsed is not None and parsed.value <= 0:
        yield say(pointer, f"must be greater than zero, found `{value}`")


def _behavior(rules: Object, where: Pointer) -> Iterator[Problem]:
    window = rules.get("stabilizationWindowSeconds")
    if isinstance(window, int) and not 0 <= window <= _LONGEST_WINDOW:
        yield say((*where, "stabilizationWindowSeconds"), f"must be between 0 and {_LONGEST_WINDOW}, found {window}")
    yield from one_of(rules.get("selectPolicy"), ("Disabled", "Max", "Min"), (*where, "selectPolicy"))
    if rules.get("selectPolicy") == "":
        yield say((*where, "selectPolicy"), "must not be empty")
    if rules.get("policies") == []:
        yield say((*where, "policies"), "must hold at least one policy, or not be there")
    for index, policy in enumerate(items(rules.get("policies"))):
        place = (*where, "policies", index)
        yield from _required_one_of(mapping(policy).get("type"), ("Percent", "Pods"), (*place, "type"))
        for field, most in (("value", 2**31 - 1), ("periodSeconds", 1800)):
            number = mapping(policy).get(field)
            if isinstance(number, int) and not 1 <= number <= most:
                yield say((*place, field), f"must be between 1 and {most}, found {number}")


def disruption_budget(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield say(("spec",), "must have only one of minAvailable and maxUnavailable")
    for field in ("minAvailable", "maxUnavailable"):
        yield from amount(spec.get(field), ("spec", field))
        if (percent(spec.get(field)) or 0) > 100:
            yield say(("spec", field), f"must not be greater than 100%, found `{spec[field]}`")
    yield from selector(spec.get("selector"), ("spec", "selector"))
    policy, place = spec.get("unhealthyPodEvictionPolicy"), ("spec", "unhealthyPodEvictionPolicy")
    yield from one_of(policy, ("AlwaysAllow", "IfHealthyBudget"), place)
    if policy == "":
        yield say(place, "must not be empty")


def priority_class(value: Object) -> Iterator[Problem]:
    name = mapping(value.get("metadata")).get("name")
    number = value.get("value")
    system = isinstance(name, str) and name.startswith("system-")
    if system and name not in ("system-cluster-critical", "system-node-critical"):
        yield ("metadata", "name"), f"metadata.name `{name}` must not begin with `system-`"
    if not system and isinstance(number, int) and number > _HIGHEST_PRIORITY:
        yield say(("value",), f"must be at most {_HIGHEST_PRIORITY}, found {number}")
    yield from one_of(value.get("preemptionPolicy"), ("Never", "PreemptLowerPriority"), ("preemptionPolicy",))
    if value.get("preemptionPolicy") == "":
        yield say(("preemptionPolicy",), "must not be empty")
