"""Syntax of ``metadata`` as the API server checks it (k8s.io/apimachinery, api/validation)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer

MAX_ANNOTATION_BYTES: Final = 256 * 1024

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED: Final = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")

_ENDS: Final = "beginning and ending with a letter or digit"

Problem = tuple[Pointer, str, str]


def _subdomain(name: str) -> str | None:
    if len(name) <= 253 and _SUBDOMAIN.fullmatch(name):
        return None
    return f"must be a DNS subdomain: at most 253 lower case letters, digits, `-` and `.`, {_ENDS}"


def _label(name: str) -> str | None:
    if len(name) <= 63 and _LABEL.fullmatch(name):
        return None
    return f"must be a DNS label: at most 63 lower case letters, digits and `-`, {_ENDS}"


def _label_1035(name: str) -> str | None:
    if len(name) <= 63 and _LABEL_1035.fullmatch(name):
        return None
    return "must be a DNS label that begins with a letter: at most 63 lower case letters, digits and `-`"


def path_segment_problem(name: str) -> str | None:
    """What is wrong with a name that may be anything that a URL's path can hold."""
    if name in (".", "..") or "/" in name or "%" in name:
        return "must not be `.` or `..`, nor contain `/` or `%`"
    return None


# Kinds whose names are not DNS subdomains (k8s.io/kubernetes, pkg/apis/*/validation).
_NAME_RULES: Final[dict[tuple[str, str], Callable[[str], str | None]]] = {
    ("", "Namespace"): _label,
    ("", "Service"): _label_1035,
    ("apps", "StatefulSet"): _label,
    ("policy", "PodDisruptionBudget"): path_segment_problem,
    **{
        ("rbac.authorization.k8s.io", kind): path_segment_problem
        for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
    },
}

_RELAXED_SERVICE_NAMES: Final = (1, 36)
"""From this version on, the name of a Service may begin with a digit."""

# Groups of Kubernetes whose finalizers need no domain, as with custom resources.
_PLAIN_FINALIZERS: Final = frozenset(
    [
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "coordination.k8s.io",
        "node.k8s.io",
        "policy",
    ]
)
_COUNTED: Final = frozenset(
    [
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("", "Pod"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("batch", "CronJob"),
        ("batch", "Job"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("policy", "PodDisruptionBudget"),
        ("scheduling.k8s.io", "PriorityClass"),
    ]
)
"""Kinds whose generation the server sets itself when they are created."""
STANDARD_FINALIZERS: Final = frozenset(["foregroundDeletion", "kubernetes", "orphan"])

# Requests that are answered and never stored.
_NAMELESS: Final = frozenset(
    [
        ("authentication.k8s.io", "SelfSubjectReview"),
        ("authentication.k8s.io", "TokenRequest"),
        ("authentication.k8s.io", "TokenReview"),
        ("authorization.k8s.io", "LocalSubjectAccessReview"),
        ("authorization.k8s.io", "SelfSubjectAccessReview"),
        ("authorization.k8s.io", "SelfSubjectRulesReview"),
        ("authorization.k8s.io", "SubjectAccessReview"),
    ]
)


@lru_cache(maxsize=4096)
def label_key_problem(key: str) -> str | None:
    """What is wrong with the key of a label or of an annotation."""
    prefix, slash, name = key.rpartition("/")
    if slash and not (len(prefix) <= 253 and _SUBDOMAIN.fullmatch(prefix)):
        return "has a prefix that is not a DNS subdomain"
    if not (0 < len(name) <= 63 and _QUALIFIED.fullmatch(name)):
        return f"must be at most 63 letters, digits, `-`, `_` and `.`, {_ENDS}"
    return None


@lru_cache(maxsize=4096)
def label_value_problem(value: str) -> str | None:
    """What is wrong with the value of a label."""
    if not value or (len(value) <= 63 and _QUALIFIED.fullmatch(value)):
        return None
    return f"must be empty, or at most 63 letters, digits, `-`, `_` and `.`, {_ENDS}"


@lru_cache(maxsize=4096)
def _name_problem(group: str, kind: str, name: str, minor: str) -> str | None:
    rule = _NAME_RULES.get((group, kind), _subdomain)
    if rule is _label_1035 and minor and _number(minor) >= _RELAXED_SERVICE_NAMES:
        rule = _label
    return rule(name)


def _number(minor: str) -> tuple[int, ...]:
    return tuple(int(part) for part in minor.split("."))


def _prefix_problem(group: str, kind: str, prefix: str, minor: str, *, named: bool) -> str | None:
    """The server looks at the prefix by itself, whose last two characters may be anything when it ends in `-`, and
    at the name that it makes of it: the first 58 characters and five more."""
    alone = f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix
    problem = _name_problem(group, kind, alone, minor)
    return problem if problem or named else _name_problem(group, kind, f"{prefix[:58]}x2x2x", minor)


def metadata_problems(
    value: Mapping[str, Any], group: str, kind: str, base: Pointer = (), *, namespaced: bool = True, minor: str = ""
) -> Iterator[Problem]:
    """(pointer, keyword, message) for everything wrong in ``value["metadata"]``.

    Types are the schema's business: what has the wrong one is passed over here. ``namespaced`` is false for kinds
    whose namespace the server clears without a look, ``minor`` the version of Kubernetes for its own kinds.
    """
    if (group, kind) in _NAMELESS or (kind.endswith("List") and isinstance(value.get("items"), list)):
        return
    metadata = value.get("metadata")
    where: Pointer = (*base, "metadata")
    if not isinstance(metadata, Mapping):
        if metadata is None:
            yield (base, "metadata", "metadata.name is required, but there is no metadata")
        return
    name, prefix = metadata.get("name"), metadata.get("generateName")
    if not name and not prefix:
        yield (where, "metadata", "metadata.name is required")
    elif isinstance(name, str) and name and (problem := _name_problem(group, kind, name, minor)):
        yield ((*where, "name"), "metadata", f"metadata.name `{name}` {problem}")
    if (
        isinstance(prefix, str)
        and prefix
        and (problem := _prefix_problem(group, kind, prefix, minor, named=bool(name)))
    ):
        yield ((*where, "generateName"), "metadata", f"metadata.generateName `{prefix}` {problem}")
    yield from _common(metadata, where, namespaced=namespaced)
    generation = metadata.get("generation")
    # The server sets that of a custom resource itself.
    if minor and isinstance(generation, int) and generation < 0 and (group, kind) not in _COUNTED:
        yield ((*where, "generation"), "metadata", f"metadata.generation must not be negative, found {generation}")
    if minor and group not in _PLAIN_FINALIZERS:
        yield from _standard_finalizers(metadata.get("finalizers"), (*where, "finalizers"))


def has_embedded(schema: Any) -> bool:
    """Whether a node of a converted schema, or one below it, is ``x-kubernetes-embedded-resource``."""
    if not isinstance(schema, Mapping):
        return False
    if schema.get("x-kubernetes-embedded-resource") is True:
        return True
    children = (*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties"))
    return any(has_embedded(child) for child in children)


def embedded_problems(value: Any, schema: Any, base: Pointer = ()) -> Iterator[Problem]:
    """(pointer, keyword, message) for the metadata and the kind of every resource inside of ``value``.

    Facts: k8s.io/apiextensions-apiserver, pkg/apiserver/schema/objectmeta. A name may be missing there, and
    every name is good that can be part of a URL's path.
    """
    if not isinstance(schema, Mapping):
        return
    if isinstance(value, Mapping):
        if schema.get("x-kubernetes-embedded-resource") is True:
            yield from _embedded(value, base)
        properties = schema.get("properties", {})
        for name, child in value.items():
            yield from embedded_problems(child, properties.get(name, schema.get("additionalProperties")), (*base, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from embedded_problems(child, schema.get("items"), (*base, index))


def _embedded(value: Mapping[str, Any], base: Pointer) -> Iterator[Problem]:
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if isinstance(api_version, str) and api_version.count("/") > 1:
        text = f"apiVersion `{api_version}` must be a version, or a group and a version with one `/` between"
        yield ((*base, "apiVersion"), "metadata", text)
    if isinstance(kind, str) and kind and (problem := _label_1035(kind.lower())):
        yield ((*base, "kind"), "metadata", f"kind `{kind}` {problem} (upper case is fine here)")
    metadata = value.get("metadata")
    where: Pointer = (*base, "metadata")
    if not isinstance(metadata, Mapping):
        return
    for field in ("name", "generateName"):
        name = metadata.get(field)
        if isinstance(name, str) and name and (problem := path_segment_problem(name)):
            yield ((*where, field), "metadata", f"metadata.{field} `{name}` {problem}")
    yield from _common(metadata, where)


def _common(metadata: Mapping[str, Any], where: Pointer, *, namespaced: bool = True) -> Iterator[Problem]:
    """What holds for the metadata of every object."""
    namespace = metadata.get("namespace")
    if namespaced and isinstance(namespace, str) and namespace and (problem := _label(namespace)):
        yield ((*where, "namespace"), "metadata", f"metadata.namespace `{namespace}` {problem}")
    if labels := metadata.get("labels"):
        yield from _labels(labels, (*where, "labels"))
    if annotations := metadata.get("annotations"):
        yield from _annotations(annotations, (*where, "annotations"))
    if finalizers := metadata.get("finalizers"):
        yield from _finalizers(finalizers, (*where, "finalizers"))
    if owners := metadata.get("ownerReferences"):
        yield from _owners(owners, (*where, "ownerReferences"))


def _labels(labels: Any, where: Pointer) -> Iterator[Problem]:
    if not isinstance(labels, Mapping):
        return
    for key, value in labels.items():
        if problem := label_key_problem(key):
            yield ((*where, key), "metadata", f"label key `{key}` {problem}")
        if isinstance(value, str) and (problem := label_value_problem(value)):
            yield ((*where, key), "metadata", f"value `{value}` of label `{key}` {problem}")


def _annotations(annotations: Any, where: Pointer) -> Iterator[Problem]:
    if not isinstance(annotations, Mapping):
        return
    size = 0
    for key, value in annotations.items():
        if problem := label_key_problem(key.lower()):
            yield ((*where, key), "metadata", f"annotation key `{key}` {problem}")
        size += len(key.encode()) + (len(value.encode()) if isinstance(value, str) else 0)
    if size > MAX_ANNOTATION_BYTES:
        yield (
            where,
            "metadata",
            f"annotations hold {size} bytes, at most {MAX_ANNOTATION_BYTES} are allowed",
        )


def _finalizers(finalizers: Any, where: Pointer) -> Iterator[Problem]:
    if not isinstance(finalizers, list):
        return
    for index, name in enumerate(finalizers):
        if isinstance(name, str | None) and (problem := label_key_problem(name or "")):
            yield ((*where, index), "metadata", f"finalizer `{name or ''}` {problem}")
        # Applying, which is what Flux does, takes the list for a set.
        elif name in finalizers[:index]:
            yield ((*where, index), "metadata", f"finalizer `{name}` is there twice")
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        yield (where, "metadata", "finalizers orphan and foregroundDeletion exclude each other")


def _standard_finalizers(finalizers: Any, where: Pointer) -> Iterator[Problem]:
    for index, name in enumerate(finalizers if isinstance(finalizers, list) else ()):
        if isinstance(name, str) and "/" not in name and name not in STANDARD_FINALIZERS:
            shown = ", ".join(f"`{standard}`" for standard in sorted(STANDARD_FINALIZERS))
            yield (
                (*where, index),
                "metadata",
                f"finalizer `{name}` must be one of {shown}, or begin with a domain and `/`",
            )


def _owners(owners: Any, where: Pointer) -> Iterator[Problem]:
    if not isinstance(owners, list):
        return
    controllers = 0
    seen: set[str] = set()
    for index, entry in enumerate(owners):
        owner = {} if entry is None else entry
        if not isinstance(owner, Mapping):
            continue
        place = (*where, index)
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field):
                yield (place, "metadata", f"ownerReferences[{index}].{field} is required")
        version, uid = owner.get("apiVersion"), owner.get("uid")
        if isinstance(version, str) and version and (version.count("/") > 1 or version.endswith("/")):
            text = f"ownerReferences[{index}].apiVersion `{version}` must be a version, or a group and a version"
            yield ((*place, "apiVersion"), "metadata", text)
        if (version, owner.get("kind")) == ("v1", "Event"):
            yield ((*place, "kind"), "metadata", f"ownerReferences[{index}] is an Event, which cannot own anything")
        # As with finalizers: the list is a map by uid to whoever applies.
        if isinstance(uid, str) and uid:
            if uid in seen:
                yield ((*place, "uid"), "metadata", f"ownerReferences[{index}].uid `{uid}` is there twice")
            seen.add(uid)
        controllers += owner.get("controller") is True
    if controllers > 1:
        yield (where, "metadata", f"{controllers} ownerReferences have controller: true, only one may")
