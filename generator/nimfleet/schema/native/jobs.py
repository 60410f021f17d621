"""What ends a Job, and when (pkg/apis/batch/validation)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.metadata import label_key_problem
from nimfleet.schema.native.common import LABEL, SUBDOMAIN, Object, Problem, items, mapping, not_negative, one_of, say

_ACTIONS: Final = ("Count", "FailIndex", "FailJob", "Ignore")
_MOST_RULES: Final = 20
_MOST_EXIT_CODES: Final = 255
_MOST_PARALLEL: Final = 100_000
_MANY_COMPLETIONS: Final = 100_000
_LONGEST_MANAGER: Final = 63
_MANAGER_PATH: Final = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_GENERATED: Final = "x2x2x"


def name_of(value: Object) -> str:
    """The name that the server uses: with five characters of its own where it makes it."""
    metadata = mapping(value.get("metadata"))
    prefix = metadata.get("generateName")
    return str(metadata.get("name") or (f"{prefix[:58]}{_GENERATED}" if isinstance(prefix, str) and prefix else ""))


def pod_names(value: Object) -> Iterator[Problem]:
    """The pods of an Indexed Job are called like it, with their number."""
    spec = mapping(value.get("spec"))
    count = spec.get("completions")
    if spec.get("completionMode") == "Indexed" and isinstance(count, int) and count > 0:
        name = f"{name_of(value)}-{count - 1}"
        if not LABEL.fullmatch(name):
            yield say(("metadata", "name"), f"must leave room for the number of a pod in a DNS label: `{name}` is none")


def ends(spec: Object, where: Pointer) -> Iterator[Problem]:
    """Failures, indexes and the pods' policies in the spec of a Job."""
    yield from not_negative(spec, ("backoffLimitPerIndex", "maxFailedIndexes"), where)
    mode = spec.get("completionMode")
    yield from one_of(mode, ("Indexed", "NonIndexed"), (*where, "completionMode"))
    if mode == "":
        yield say((*where, "completionMode"), "must not be empty")
    per_index, most_failed = spec.get("backoffLimitPerIndex"), spec.get("maxFailedIndexes")
    if most_failed is not None and per_index is None:
        yield say((*where, "backoffLimitPerIndex"), "is required beside maxFailedIndexes")
    if mode == "Indexed":
        yield from _indexed(spec, where)
    elif mode in (None, "NonIndexed"):
        for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(field) is not None:
                yield say((*where, field), "needs the completionMode Indexed")
    manager = spec.get("managedBy")
    if isinstance(manager, str):
        domain, _, path = manager.partition("/")
        good = bool(SUBDOMAIN.fullmatch(domain)) and bool(_MANAGER_PATH.fullmatch(path))
        if not good or len(manager) > _LONGEST_MANAGER:
            yield say((*where, "managedBy"), f"must be a domain and a path of at most 63 characters, found `{manager}`")
    policy = spec.get("podFailurePolicy")
    replacements = ("Failed", "TerminatingOrFailed") if policy is None else ("Failed",)
    yield from _exactly(spec.get("podReplacementPolicy"), replacements, (*where, "podReplacementPolicy"))
    if policy is not None:
        yield from _failure_policy(mapping(policy), spec, (*where, "podFailurePolicy"))
    if spec.get("successPolicy") is not None:
        yield from _success_policy(spec, (*where, "successPolicy"))


def _exactly(value: Any, options: tuple[str, ...], pointer: Pointer) -> Iterator[Problem]:
    yield from one_of(value, options, pointer)
    if value == "":
        yield say(pointer, "must not be empty")


def _indexed(spec: Object, where: Pointer) -> Iterator[Problem]:
    count, parallel, failed = (spec.get(field) for field in ("completions", "parallelism", "maxFailedIndexes"))
    if count is None:
        yield say((*where, "completions"), "is required when completionMode is Indexed")
    if isinstance(parallel, int) and parallel > _MOST_PARALLEL:
        yield say((*where, "parallelism"), f"must be at most {_MOST_PARALLEL} when completionMode is Indexed")
    if isinstance(failed, int) and failed > min(_MOST_PARALLEL, count if isinstance(count, int) else _MOST_PARALLEL):
        yield say((*where, "maxFailedIndexes"), f"must not exceed completions or {_MOST_PARALLEL}, found {failed}")
    if isinstance(count, int) and count > _MANY_COMPLETIONS and spec.get("backoffLimitPerIndex") is not None:
        if failed is None:
            yield say((*where, "maxFailedIndexes"), f"is required with more than {_MANY_COMPLETIONS} completions")
        for field, number in (("parallelism", parallel), ("maxFailedIndexes", failed)):
            if isinstance(number, int) and number > 10_000:
                yield say((*where, field), f"must be at most 10000 with so many completions, found {number}")


def _failure_policy(policy: Object, spec: Object, where: Pointer) -> Iterator[Problem]:
    pod = mapping(mapping(spec.get("template")).get("spec"))
    names = {
        mapping(container).get("name")
        for field in ("containers", "initContainers")
        for container in items(pod.get(field))
    }
    rules = items(policy.get("rules"))
    if len(rules) > _MOST_RULES:
        yield say((*where, "rules"), f"must hold at most {_MOST_RULES}, found {len(rules)}")
    for index, entry in enumerate(rules):
        rule, place = mapping(entry), (*where, "rules", index)
        action = rule.get("action")
        if action not in _ACTIONS:
            shown = ", ".join(f"`{option}`" for option in _ACTIONS)
            yield say((*place, "action"), f"must be one of {shown}, found `{action or ''}`")
        elif action == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
            yield say((*place, "action"), "`FailIndex` needs backoffLimitPerIndex")
        conditions = items(rule.get("onPodConditions"))
        if (rule.get("onExitCodes") is not None) == bool(conditions):
            yield say(place, "must have exactly one of onExitCodes and onPodConditions")
        if rule.get("onExitCodes") is not None:
            yield from _exit_codes(mapping(rule["onExitCodes"]), names, (*place, "onExitCodes"))
        yield from _conditions(conditions, (*place, "onPodConditions"))
    if pod.get("restartPolicy") == "OnFailure":
        yield say((*where[:-1], "template", "spec", "restartPolicy"), "must be `Never` beside a podFailurePolicy")


def _exit_codes(codes: Object, names: set[Any], where: Pointer) -> Iterator[Problem]:
    operator, name = codes.get("operator"), codes.get("containerName")
    if operator not in ("In", "NotIn"):
        yield say((*where, "operator"), f"must be one of `In`, `NotIn`, found `{operator or ''}`")
    if name is not None and name not in names:
        yield say((*where, "containerName"), f"`{name}` is no container of the pod")
    values = [value or 0 for value in items(codes.get("values"))]
    if not 1 <= len(values) <= _MOST_EXIT_CODES:
        yield say((*where, "values"), f"must hold between 1 and {_MOST_EXIT_CODES}, found {len(values)}")
    if values != sorted(set(values)):
        yield say((*where, "values"), "must rise, without any of them twice")
    if operator == "In" and 0 in values:
        yield say((*where, "values", values.index(0)), "must not be 0, which is success")


def _conditions(conditions: list[Any], where: Pointer) -> Iterator[Problem]:
    if len(conditions) > _MOST_RULES:
        yield say(where, f"must hold at most {_MOST_RULES}, found {len(conditions)}")
    for index, entry in enumerate(conditions):
        condition, place = mapping(entry), (*where, index)
        if problem := label_key_problem(str(condition.get("type") or "")):
            yield say((*place, "type"), problem)
        # Missing, it is True.
        yield from one_of(condition.get("status"), ("False", "True", "Unknown"), (*place, "status"))


def _success_policy(spec: Object, where: Pointer) -> Iterator[Problem]:
    rules = items(mapping(spec["successPolicy"]).get("rules"))
    if spec.get("completionMode") != "Indexed":
        yield say(where, "needs the completionMode Indexed")
        return
    if not 1 <= len(rules) <= _MOST_RULES:
        yield say((*where, "rules"), f"must hold between 1 and {_MOST_RULES}, found {len(rules)}")
    total = spec.get("completions")
    for index, entry in enumerate(rules):
        count, place = mapping(entry).get("succeededCount"), (*where, "rules", index)
        if count is None and mapping(entry).get("succeededIndexes") is None:
            yield say(place, "must have succeededCount or succeededIndexes")
        if isinstance(count, int) and not 0 <= count <= (total if isinstance(total, int) else count):
            yield say((*place, "succeededCount"), f"must be between 0 and completions, found {count}")
