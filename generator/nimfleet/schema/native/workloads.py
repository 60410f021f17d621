"""Kinds that run pods from a template (pkg/apis/apps/validation, pkg/apis/batch/validation)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.native.common import (
    LABEL,
    LABEL_WORDS,
    Object,
    Problem,
    amount,
    items,
    mapping,
    not_negative,
    one_of,
    percent,
    say,
    selector,
    selects,
)
from nimfleet.schema.native.cron import schedule_problem, zone_problem
from nimfleet.schema.native.jobs import ends, name_of, pod_names
from nimfleet.schema.native.pods import template
from nimfleet.schema.native.storage import claim_spec

_SPEC: Pointer = ("spec",)
_LONGEST_CRON_JOB: Final = 52


def deployment(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    yield from _selected(spec)
    yield from _always(spec)
    yield from template(spec.get("template"), ("spec", "template"))
    yield from not_negative(
        spec, ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"), _SPEC
    )
    deadline, ready = spec.get("progressDeadlineSeconds"), spec.get("minReadySeconds") or 0
    if isinstance(deadline, int) and 0 <= deadline <= ready:
        yield say(
            ("spec", "progressDeadlineSeconds"), f"must be greater than minReadySeconds ({ready}), found {deadline}"
        )
    strategy = mapping(spec.get("strategy"))
    yield from one_of(strategy.get("type"), ("Recreate", "RollingUpdate"), ("spec", "strategy", "type"))
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate") is not None:
        yield say(("spec", "strategy", "rollingUpdate"), "must not be there when the type is Recreate")
    else:
        yield from _rolling(strategy.get("rollingUpdate"), ("spec", "strategy", "rollingUpdate"), surge="25%")


def daemon_set(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    yield from _selected(spec)
    yield from _always(spec)
    yield from template(spec.get("template"), ("spec", "template"))
    yield from not_negative(spec, ("minReadySeconds", "revisionHistoryLimit"), _SPEC)
    strategy = mapping(spec.get("updateStrategy"))
    yield from one_of(strategy.get("type"), ("OnDelete", "RollingUpdate"), ("spec", "updateStrategy", "type"))
    if strategy.get("type") != "OnDelete":
        rolling, place = mapping(strategy.get("rollingUpdate")), ("spec", "updateStrategy", "rollingUpdate")
        yield from _rolling(rolling, place, surge=0)
        unavailable, extra = rolling.get("maxUnavailable", 1), rolling.get("maxSurge") or 0
        if not _zero(extra) and not _zero(1 if unavailable is None else unavailable):
            yield say((*place, "maxSurge"), "needs maxUnavailable: 0")


def replica_set(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    yield from _selected(spec)
    yield from _always(spec)
    yield from template(spec.get("template"), ("spec", "template"))
    yield from not_negative(spec, ("replicas", "minReadySeconds"), _SPEC)


def stateful_set(value: Object) -> Iterator[Problem]:
    """Before Kubernetes 1.36 the server looked into the pods only when it made one, and refused them then."""
    spec = mapping(value.get("spec"))
    yield from _selected(spec)
    yield from _always(spec)
    service = spec.get("serviceName")
    if isinstance(service, str) and service and not LABEL.fullmatch(service):
        yield say(("spec", "serviceName"), f"{LABEL_WORDS}, found `{service}`")
    yield from not_negative(mapping(spec.get("ordinals")), ("start",), ("spec", "ordinals"))
    claims = [mapping(entry) for entry in items(spec.get("volumeClaimTemplates"))]
    names = [str(mapping(claim.get("metadata")).get("name") or "") for claim in claims]
    for index, name in enumerate(names):
        if not LABEL.fullmatch(name):  # it becomes the name of a volume
            yield say(("spec", "volumeClaimTemplates", index, "metadata", "name"), f"{LABEL_WORDS}, found `{name}`")
    yield from template(spec.get("template"), ("spec", "template"), names)
    for index, claim in enumerate(claims):
        yield from claim_spec(
            mapping(claim.get("spec")), ("spec", "volumeClaimTemplates", index, "spec"), template=True
        )
    retention = mapping(spec.get("persistentVolumeClaimRetentionPolicy"))
    for field in ("whenDeleted", "whenScaled"):
        yield from one_of(
            retention.get(field), ("Delete", "Retain"), ("spec", "persistentVolumeClaimRetentionPolicy", field)
        )
    yield from not_negative(spec, ("replicas", "minReadySeconds", "revisionHistoryLimit"), _SPEC)
    policies = ("OrderedReady", "Parallel")
    yield from one_of(spec.get("podManagementPolicy"), policies, ("spec", "podManagementPolicy"))
    strategy = mapping(spec.get("updateStrategy"))
    yield from one_of(strategy.get("type"), ("OnDelete", "RollingUpdate"), ("spec", "updateStrategy", "type"))
    if strategy.get("type") == "OnDelete" and strategy.get("rollingUpdate") is not None:
        yield say(("spec", "updateStrategy", "rollingUpdate"), "must not be there when the type is OnDelete")
    rolling, place = mapping(strategy.get("rollingUpdate")), ("spec", "updateStrategy", "rollingUpdate")
    yield from not_negative(rolling, ("partition",), place)


def job(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    yield from _job_spec(spec, _SPEC)
    yield from pod_names(value)
    chosen, metadata = spec.get("selector"), mapping(mapping(spec.get("template")).get("metadata"))
    yield from selector(chosen, ("spec", "selector"))
    if spec.get("manualSelector") is True:
        if chosen is None:
            yield say(("spec", "selector"), "is required when manualSelector is true")
        elif not selects(chosen, metadata.get("labels")):
            yield say(("spec", "template", "metadata", "labels"), "must satisfy spec.selector")
    elif mapping(chosen).get("matchLabels") or mapping(chosen).get("matchExpressions"):
        yield say(("spec", "selector"), "is made by the server; without manualSelector: true it must not be there")


def cron_job(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    schedule = spec.get("schedule")
    if isinstance(schedule, str) and (problem := schedule_problem(schedule)):
        yield say(("spec", "schedule"), f"{problem}, found `{schedule}`")
    zone = spec.get("timeZone")
    if isinstance(zone, str) and (problem := zone_problem(zone)):
        yield say(("spec", "timeZone"), f"{problem}, found `{zone}`")
    yield from one_of(spec.get("concurrencyPolicy"), ("Allow", "Forbid", "Replace"), ("spec", "concurrencyPolicy"))
    limits = ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    yield from not_negative(spec, limits, _SPEC)
    name = name_of(value)
    if len(name) > _LONGEST_CRON_JOB:
        text = f"metadata.name must have at most {_LONGEST_CRON_JOB} characters, found {len(name)}"
        yield ("metadata", "name"), text
    inner = mapping(mapping(spec.get("jobTemplate")).get("spec"))
    where: Pointer = ("spec", "jobTemplate", "spec")
    yield from _job_spec(inner, where)
    if inner.get("selector") is not None:
        yield say((*where, "selector"), "is made by the server and must not be there")
    if inner.get("manualSelector") is True:
        yield say((*where, "manualSelector"), "must not be true")


def _job_spec(spec: Object, where: Pointer) -> Iterator[Problem]:
    numbers = ("parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished", "activeDeadlineSeconds")
    yield from not_negative(spec, numbers, where)
    yield from ends(spec, where)
    policy = mapping(mapping(spec.get("template")).get("spec")).get("restartPolicy")
    if policy in (None, "", "Always"):
        place = (*where, "template", "spec", "restartPolicy")
        yield say(place, f"must be `OnFailure` or `Never` in a Job, found `{policy or 'Always (the default)'}`")
    yield from template(spec.get("template"), (*where, "template"))


def _selected(spec: Object) -> Iterator[Problem]:
    chosen = mapping(spec.get("selector"))
    metadata = mapping(mapping(spec.get("template")).get("metadata"))
    yield from selector(chosen, ("spec", "selector"))
    if not chosen.get("matchLabels") and not chosen.get("matchExpressions"):
        yield say(("spec", "selector"), "must not be empty")
    elif not selects(chosen, metadata.get("labels")):
        place = ("spec", "template", "metadata", "labels")
        yield say(place, "must satisfy spec.selector, else the pods are not found again")


def _always(spec: Object) -> Iterator[Problem]:
    pod = mapping(mapping(spec.get("template")).get("spec"))
    policy = pod.get("restartPolicy")
    if policy in ("OnFailure", "Never"):
        yield say(("spec", "template", "spec", "restartPolicy"), f"must be `Always` here, found `{policy}`")
    if pod.get("activeDeadlineSeconds") is not None:
        yield say(
            ("spec", "template", "spec", "activeDeadlineSeconds"), "must not be there in a workload that runs forever"
        )


def _rolling(value: Any, where: Pointer, *, surge: str | int) -> Iterator[Problem]:
    """``surge`` is the default of maxSurge; that of maxUnavailable is not zero."""
    owner = mapping(value)
    unavailable, extra = owner.get("maxUnavailable"), owner.get("maxSurge")
    yield from amount(unavailable, (*where, "maxUnavailable"))
    yield from amount(extra, (*where, "maxSurge"))
    if (percent(unavailable) or 0) > 100:
        yield say((*where, "maxUnavailable"), f"must not be greater than 100%, found `{unavailable}`")
    if unavailable is not None and _zero(unavailable) and _zero(surge if extra is None else extra):
        yield say((*where, "maxUnavailable"), "must not be 0 when maxSurge is 0 too")


def _zero(value: Any) -> bool:
    return value == 0 or percent(value) == 0
