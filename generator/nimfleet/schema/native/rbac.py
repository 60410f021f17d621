"""Roles and their bindings (pkg/apis/rbac/validation)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.metadata import path_segment_problem
from nimfleet.schema.native.common import SUBDOMAIN, Object, Problem, items, mapping, say, selector

GROUP: Final = "rbac.authorization.k8s.io"


def _role(value: Object, *, cluster: bool) -> Iterator[Problem]:
    aggregation = mapping(value.get("aggregationRule")) if cluster else {}
    selectors = items(aggregation.get("clusterRoleSelectors"))
    if cluster and value.get("aggregationRule") is not None and not selectors:
        yield say(("aggregationRule", "clusterRoleSelectors"), "must hold at least one")
    for index, entry in enumerate(selectors):
        yield from selector(entry, ("aggregationRule", "clusterRoleSelectors", index))
    for index, entry in enumerate(items(value.get("rules"))):
        rule, place = mapping(entry), ("rules", index)
        if not rule.get("verbs"):
            yield say((*place, "verbs"), "must hold at least one verb")
        if rule.get("nonResourceURLs"):
            if not cluster:
                yield say((*place, "nonResourceURLs"), "must not be there in a Role, for it is bound to a namespace")
            if any(rule.get(field) for field in ("apiGroups", "resources", "resourceNames")):
                yield say((*place, "nonResourceURLs"), "must not be there beside resources")
            continue
        for field in ("apiGroups", "resources"):
            if not rule.get(field):
                yield say((*place, field), "must hold at least one")


def _binding(value: Object, *, cluster: bool) -> Iterator[Problem]:
    reference = mapping(value.get("roleRef"))
    if reference.get("apiGroup") not in (None, "", GROUP):
        yield say(("roleRef", "apiGroup"), f"must be `{GROUP}`, found `{reference['apiGroup']}`")
    kinds = ("ClusterRole",) if cluster else ("Role", "ClusterRole")
    if reference.get("kind") not in kinds:
        shown = " or ".join(f"`{kind}`" for kind in kinds)
        yield say(("roleRef", "kind"), f"must be {shown}, found `{reference.get('kind') or ''}`")
    if not reference.get("name"):
        yield say(("roleRef", "name"), "is required")
    elif problem := path_segment_problem(str(reference["name"])):
        yield say(("roleRef", "name"), f"{problem}, found `{reference['name']}`")
    for index, subject in enumerate(items(value.get("subjects"))):
        yield from _subject(mapping(subject), ("subjects", index), cluster=cluster)


def _subject(subject: Object, where: Pointer, *, cluster: bool) -> Iterator[Problem]:
    kind, name, group = subject.get("kind"), subject.get("name"), subject.get("apiGroup")
    if not name:
        yield say((*where, "name"), "is required")
    if kind == "ServiceAccount":
        if isinstance(name, str) and name and not SUBDOMAIN.fullmatch(name):
            yield say((*where, "name"), f"must be a DNS subdomain, found `{name}`")
        if group:
            yield say((*where, "apiGroup"), f"must be empty for a ServiceAccount, found `{group}`")
        if cluster and not subject.get("namespace"):
            yield say((*where, "namespace"), "is required for a ServiceAccount")
    elif kind in ("User", "Group"):
        if group not in (None, "", GROUP):
            yield say((*where, "apiGroup"), f"must be `{GROUP}`, found `{group}`")
    else:
        yield say((*where, "kind"), f"must be one of `ServiceAccount`, `User`, `Group`, found `{kind or ''}`")


role = partial(_role, cluster=False)
cluster_role = partial(_role, cluster=True)
role_binding = partial(_binding, cluster=False)
cluster_role_binding = partial(_binding, cluster=True)
