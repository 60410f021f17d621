"""JSON Schema → CustomResourceDefinition: :mod:`nimfleet.schema.convert` backwards.

A cluster that gets the rebuilt CRD judges documents as it would with the original one, so that a real API
server can be asked about what is stored. Not restored, because no verdict depends on it: descriptions, printer
columns, short names, other subresources than ``status``, and, of ``status``, the types of its values and its
rules (the server checks that its fields are known, and drops them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nimfleet.errors import NimfleetError

Node = dict[str, Any]

_LIMITS: Final = (("int32", -(2**31), 2**31 - 1), ("uint32", 0, 2**32 - 1), ("", -(2**63), 2**63 - 1))
_IMPLIED: Final = ("apiVersion", "kind", "metadata")
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")
_UNKNOWN: Final = "#/$defs/unknown"
_BOUNDS: Final = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
_COPIED: Final = frozenset(
    [
        "default",
        "enum",
        "format",
        "maxItems",
        "maxLength",
        "maxProperties",
        "minItems",
        "minLength",
        "minProperties",
        "multipleOf",
        "pattern",
    ]
)


class RebuildError(NimfleetError):
    """Schemas that are not the versions of one CRD."""


def crd_from_schemas(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The CRD whose versions are ``documents``: stored schemas of one group and kind, in the order to keep.

    ``convert(crd_from_schemas(documents))`` gives ``documents`` again, save for rules of ``status``. Without a
    stored version among them, the last served one is stored.

    Raises:
        RebuildError: no documents, or of different kinds.
    """
    if not documents:
        raise RebuildError("a CRD needs the schema of at least one version")
    identities = [document["x-kubernetes-group-version-kind"][0] for document in documents]
    records = [document["x-nimfleet"] for document in documents]
    group, kind, plural, scope = (
        identities[0]["group"],
        identities[0]["kind"],
        records[0]["plural"],
        records[0]["scope"],
    )
    if any(
        (i["group"], i["kind"], r["scope"]) != (group, kind, scope) for i, r in zip(identities, records, strict=True)
    ):
        raise RebuildError(f"not all schemas are of {scope} kind {kind} in {group}")
    versions = [
        _version(document, identity["version"], record)
        for document, identity, record in zip(documents, identities, records, strict=True)
    ]
    if not any(version["storage"] for version in versions):
        ([version for version in versions if version["served"]] or versions)[-1]["storage"] = True
    metadata: Node = {"name": f"{plural}.{group}"}
    if group.endswith((".k8s.io", ".kubernetes.io")):
        # The server asks this of groups that belong to the Kubernetes project.
        metadata["annotations"] = {"api-approved.kubernetes.io": "unapproved, rebuilt from its schemas"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": {"group": group, "names": {"kind": kind, "plural": plural}, "scope": scope, "versions": versions},
    }


def _version(document: Mapping[str, Any], name: str, record: Mapping[str, Any]) -> Node:
    out: Node = {"name": name, "served": record["served"], "storage": record["storage"]}
    if document.get("deprecated"):
        out["deprecated"] = True
    if record["statusSubresource"]:
        out["subresources"] = {"status": {}}
    root = _value(document, root=True)
    properties = {name: part for name, part in document["properties"].items() if name not in _IMPLIED}
    status = properties.pop("status", None)
    rebuilt = {name: _value(part) for name, part in properties.items()}
    if status is not None:
        rebuilt["status"] = _shape(status) if record["statusSubresource"] else _value(status)
    rebuilt |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": _metadata(document)}
    root["properties"] = dict(sorted(rebuilt.items()))
    out["schema"] = {"openAPIV3Schema": root}
    return out


def _metadata(document: Mapping[str, Any]) -> Node:
    narrowed = document["properties"]["metadata"].get("properties", {})
    node: Node = {"type": "object"}
    if narrowed:
        node["properties"] = {name: _constraint(part) for name, part in narrowed.items()}
    return node


def _value(node: Mapping[str, Any], *, root: bool = False, item: bool = False) -> Node:
    """A validated node; of the root, everything except for its properties."""
    out = _scalars(node)
    kinds = node.get("type")
    if isinstance(kinds, list):
        if "null" in kinds:
            out["nullable"] = True
        plain = [kind for kind in kinds if kind != "null"]
        if len(plain) == 1:
            out["type"] = plain[0]
    elif kinds is None:
        if not item and not root:
            out["nullable"] = True
    else:
        out["type"] = kinds
    embedded = node.get("x-kubernetes-embedded-resource") is True
    implied = _IMPLIED if root else ("apiVersion", "kind") if embedded else ()
    required = [name for name in node.get("required", ()) if name not in implied]
    if required:
        out["required"] = required
    if not root:
        properties = {
            name: _value(part)
            for name, part in node.get("properties", {}).items()
            if not (embedded and name in _IMPLIED)
        }
        if properties:
            out["properties"] = properties
    if isinstance(node.get("items"), dict):
        out["items"] = _value(node["items"], item=True)
    additional = node.get("additionalProperties")
    if isinstance(additional, dict):
        out["additionalProperties"] = True if additional.get("$ref") == _UNKNOWN else _value(additional)
    _branches(node, out)
    return out


def _shape(node: Mapping[str, Any]) -> Node:
    """A node of ``status``: types that let its fields be known. Rules would not fit to these types."""
    out: Node = {key: part for key, part in node.items() if key.startswith("x-kubernetes-")}
    out.pop("x-kubernetes-validations", None)
    if node.get("$ref") == _UNKNOWN:
        return out if out.get("x-kubernetes-int-or-string") is True else {"type": "string", **out}
    properties = node.get("properties", {})
    if out.get("x-kubernetes-embedded-resource") is True:
        properties = {name: part for name, part in properties.items() if name not in _IMPLIED}
        out["type"] = "object"
    additional = node.get("additionalProperties")
    if "items" in node and not properties and not isinstance(additional, dict):
        out |= {"type": "array", "items": _shape(node["items"])}
        keys = node.get("x-kubernetes-list-map-keys")
        if keys:
            out["items"]["required"] = list(keys)  # the server wants them to be
        return out
    if isinstance(additional, dict):
        out |= {"type": "object", "additionalProperties": _shape(additional)}
    if properties or additional is False:
        out["type"] = "object"
    if properties:
        out["properties"] = {name: _shape(part) for name, part in properties.items()}
    return out


def _constraint(node: Mapping[str, Any]) -> Node:
    """A branch of allOf, anyOf, oneOf or not."""
    out = _scalars(node)
    if "type" in node:
        out["type"] = node["type"]
    if "required" in node:
        out["required"] = list(node["required"])
    if "properties" in node:
        out["properties"] = {name: _constraint(part) for name, part in node["properties"].items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            out[keyword] = _constraint(node[keyword])
    _branches(node, out)
    return out


def _branches(node: Mapping[str, Any], out: Node) -> None:
    for keyword in _BRANCHES:
        if keyword in node:
            out[keyword] = [_constraint(branch) for branch in node[keyword]]
    if "not" in node:
        out["not"] = _constraint(node["not"])


def _scalars(node: Mapping[str, Any]) -> Node:
    """Keywords of one node; bounds that its integer type implies become a format again."""
    out: Node = {key: part for key, part in node.items() if key in _COPIED or key.startswith("x-kubernetes-")}
    out.pop("x-kubernetes-group-version-kind", None)
    kinds = node.get("type")
    integer = kinds == "integer" or (isinstance(kinds, list) and "integer" in kinds and "number" not in kinds)
    integer = integer or node.get("x-kubernetes-int-or-string") is True
    low, high = node.get("minimum"), node.get("maximum")
    open_end = node.get("exclusiveMaximum") == 2**63 and integer
    implied: tuple[str, Any, Any] = ("", None, None)
    if integer:
        implied = next((limit for limit in _LIMITS if high == limit[2]), _LIMITS[2] if open_end else implied)
        if not implied[0] and not open_end:
            implied = next((limit for limit in _LIMITS if low == limit[1] and low < 0), _LIMITS[2])
    if implied[0]:
        out["format"] = implied[0]
    for (bound, exclusive), limit in zip(_BOUNDS, implied[1:], strict=True):
        if exclusive in node and not (exclusive == "exclusiveMaximum" and open_end):
            out |= {bound: node[exclusive], exclusive: True}
        elif bound in node and node[bound] != limit:
            out[bound] = node[bound]
    return out
