"""Schemas of the kinds that Kubernetes itself serves, from the files that kubernetes-validate bundles.

That package keeps, for every Kubernetes minor version, one file with all definitions (strict: unknown fields
refused). Validating through it re-reads that file for each document; here each kind's closure of references
is taken once, compiled once, and checked with the same code as custom resources.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from nimfleet.errors import NimfleetError, UsageError
from nimfleet.schema.convert import DIALECT
from nimfleet.schema.formats import CORE_BYTE, CORE_QUANTITY, ENFORCED
from nimfleet.schema.model import Schema

_FOLDER: Final = re.compile(r"v(\d+)\.(\d+)\.\d+-local-strict")
_MINOR: Final = re.compile(r"v?(\d+\.\d+)(?:[.+-].*)?")
_BOUNDS: Final = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}

# Types that Go decodes by code of their own; what kubernetes-validate says of them is too little.
_SCALARS: Final[dict[str, dict[str, Any]]] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["string", "number", "null"], "format": CORE_QUANTITY},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
        "type": ["integer", "string", "null"],
        "minimum": _BOUNDS["int32"][0],
        "maximum": _BOUNDS["int32"][1],
    },
}

# Kubernetes API reference, "scope" of each resource; every other kind is namespaced.
CLUSTER_SCOPED: Final = frozenset(
    [
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "ComponentStatus",
        "CustomResourceDefinition",
        "DeviceClass",
        "DeviceTaintRule",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersion",
        "StorageVersionMigration",
        "SubjectAccessReview",
        "TokenReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    ]
)

# Types of the API machinery that carry a kind but are never stored as an object of their own.
_NOT_OBJECTS: Final = frozenset(
    ["APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "DeleteOptions", "Status"]
)


def minor_versions() -> tuple[str, ...]:
    """Kubernetes minor versions that can be checked, oldest first (``1.25`` …)."""
    return tuple(_folders())


@lru_cache(maxsize=1)
def _folders() -> Mapping[str, Path]:
    spec = find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise NimfleetError("the package kubernetes-validate is not installed; Kubernetes kinds cannot be checked")
    root = Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema"
    found = [(int(m[1]), int(m[2]), path) for path in root.iterdir() if (m := _FOLDER.fullmatch(path.name))]
    return {f"{major}.{minor}": path for major, minor, path in sorted(found)}


class CoreSchemas:
    """The kinds of one Kubernetes minor version. Use :func:`core_schemas` to share one instance."""

    def __init__(self, minor: str, folder: Path) -> None:
        self.minor = minor
        definitions = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
        self._definitions: dict[str, Any] = definitions
        self._names: dict[tuple[str, str, str], str] = {}
        for name in sorted(definitions):
            gvks = definitions[name].get("x-kubernetes-group-version-kind", ())
            if len(gvks) == 1 and gvks[0]["kind"] not in _NOT_OBJECTS:
                self._names[gvks[0]["group"], gvks[0]["version"], gvks[0]["kind"]] = name
        self._schemas: dict[tuple[str, str, str], Schema] = {}

    def find(self, group: str, version: str, kind: str) -> Schema | None:
        """The schema of a kind (``group`` is ``""`` for the core group); None when this version does not
        serve it.
        """
        key = (group, version, kind)
        name = self._names.get(key)
        if name is None:
            return None
        schema = self._schemas.get(key)
        if schema is None:
            schema = self._schemas[key] = Schema(
                group=group,
                version=version,
                kind=kind,
                plural="",
                scope="Cluster" if kind in CLUSTER_SCOPED else "Namespaced",
                served=True,
                cel_rules=0,
                release=f"kubernetes@{self.minor}",
                path=None,
                load=lambda: self._closure(name, key),
            )
        return schema

    def kinds(self) -> tuple[tuple[str, str, str], ...]:
        """All (group, version, kind), sorted."""
        return tuple(sorted(self._names))

    def known_group(self, group: str) -> bool:
        """Whether this Kubernetes version serves anything in ``group``."""
        return any(known == group for known, _, _ in self._names)

    def versions(self, group: str, kind: str) -> tuple[str, ...]:
        """The versions in which ``group`` serves ``kind``, sorted; for "use autoscaling/v2 instead"."""
        return tuple(sorted(v for g, v, k in self._names if g == group and k == kind))

    def _closure(self, name: str, gvk: tuple[str, str, str]) -> dict[str, Any]:
        """One self-contained document: the definition and all that it refers to, without descriptions."""
        wanted, defs = deque([name]), {}
        while wanted:
            current = wanted.popleft()
            if current not in defs:
                references: list[str] = []
                known = _SCALARS.get(current)
                defs[current] = _slim(self._definitions[current], references) if known is None else known
                wanted.extend(references)
        root = defs.pop(name)
        for unasked in _unasked(root, defs):
            defs[unasked] = _optional(defs[unasked])
        if any(f"#/$defs/{name}" in json.dumps(node) for node in (root, *defs.values())):
            defs[name] = root
            root = dict(root)
        group, version, kind = gvk
        return {
            **root,
            "$schema": DIALECT,
            "title": f"{kind} ({group}/{version})" if group else f"{kind} ({version})",
            "$defs": defs,
        }


# What the server has no rule for, although its schemas call fields of it required.
_LENIENT: Final = frozenset(
    [
        "io.k8s.api.batch.v1.PodFailurePolicy",
        "io.k8s.api.core.v1.LimitRangeSpec",
        "io.k8s.api.core.v1.TypedLocalObjectReference",
    ]
)


def _unasked(root: Mapping[str, Any], defs: Mapping[str, Any]) -> list[str]:
    """Definitions of which no field is required: that the server drops (``status``), and the lenient ones."""
    properties = {name: part for name, part in root.get("properties", {}).items() if name != "status"}
    wanted, asked = deque(_references(properties)), set[str]()
    while wanted:
        current = wanted.popleft()
        if current not in asked:
            asked.add(current)
            wanted.extend(_references(defs.get(current, {})))
    return [name for name in defs if name not in asked or name in _LENIENT]


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for child in node for name in _references(child)]
    if not isinstance(node, dict):
        return []
    reference = node.get("$ref")
    found = [reference.rsplit("/", 1)[-1]] if isinstance(reference, str) else []
    return found + [name for child in node.values() for name in _references(child)]


def _optional(node: Mapping[str, Any]) -> dict[str, Any]:
    """A definition without required fields: they may be missing, or null. Its lists need not hold keys either."""
    out = {key: part for key, part in node.items() if key != "required"}
    properties = dict(out.get("properties", {}))
    for name in node.get("required", ()):
        kind = properties.get(name, {}).get("type")
        if isinstance(kind, str):
            properties[name] = {**properties[name], "type": [kind, "null"]}
    return out | ({"properties": properties} if properties else {})


def _slim(node: Any, references: list[str], *, keywords: bool = True) -> Any:
    """A copy without descriptions, with the bounds that int32 and int64 imply; collects the names of
    references.

    ``keywords`` is false inside ``properties``, where names are the user's and not JSON Schema's.
    """
    if isinstance(node, list):
        return [_slim(child, references) for child in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, child in node.items():
        if keywords and (
            key in ("description", "default") or key.startswith(("x-kubernetes-patch", "x-kubernetes-val"))
        ):
            continue
        if keywords and key == "$ref" and isinstance(child, str):
            references.append(child.rsplit("/", 1)[-1])
        if keywords and key == "format" and (child not in ENFORCED or child == "byte"):
            low, high = _BOUNDS.get(child, (None, None))
            if child == "int64":
                out |= {"minimum": low, "exclusiveMaximum": 2**63}  # validators compare with floats
            elif low is not None:
                out |= {"minimum": low, "maximum": high}
            elif child == "byte":
                out[key] = CORE_BYTE
            continue
        if keywords and key in ("enum", "required"):
            out[key] = child
        else:
            out[key] = _slim(child, references, keywords=not (keywords and key == "properties"))
    return out


def normalise_minor(version: str) -> str:
    """``1.34`` of ``1.34``, ``v1.34.2`` or ``1.34.2-eks-abc``.

    Raises:
        UsageError: not a Kubernetes version.
    """
    match = _MINOR.fullmatch(version.strip())
    if match is None:
        raise UsageError(f"`{version}` is not a Kubernetes version; write for example {minor_versions()[-1]}")
    return match[1]


@lru_cache(maxsize=4)
def core_schemas(version: str) -> CoreSchemas:
    """The kinds of a Kubernetes version; only the minor version counts.

    Raises:
        UsageError: the minor version has no schemas; the message lists those that have.
    """
    minor = normalise_minor(version)
    folder = _folders().get(minor)
    if folder is None:
        known = minor_versions()
        raise UsageError(
            f"no schemas for Kubernetes {minor}; known are {', '.join(known)} (package kubernetes-validate)"
        )
    return CoreSchemas(minor, folder)
