"""CustomResourceDefinition (apiextensions.k8s.io/v1) → JSON Schema 2020-12, as strict as the API server.

The result is a pure function of the CRD: where it came from is recorded in the store's index, not in the
file. Facts follow the server's structural schemas (k8s.io/apiextensions-apiserver, packages schema, pruning,
defaulting):

* Unknown fields are refused where the server would prune them, and open where it would keep them.
* Defaults are applied before ``required``: a property with a default can never be missing, so it leaves
  ``required``.
* A ``null`` is legal only where ``nullable: true`` stands; the server removes or defaults the others *before*
  it validates, see :mod:`nimfleet.schema.defaults`. List items are the exception: theirs stay.
* ``status`` is dropped on create where the status subresource exists: its fields must be known, its values
  may be anything.
* Only formats that the server enforces are kept; integers carry the bounds of their Go type. That of int64 is
  written as ``exclusiveMaximum``: validators compare with floats, which round 2**63 - 1 up to 2**63.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nimfleet.errors import NimfleetError
from nimfleet.schema.formats import ENFORCED

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

Node = dict[str, Any]


class ConversionError(NimfleetError):
    """A CRD that cannot be converted; the text names the place inside the CRD and the reason."""


@dataclass(frozen=True, slots=True)
class Converted:
    """One version of one CRD. ``document`` is the JSON Schema; an index needs to know the rest."""

    group: str
    version: str
    kind: str
    plural: str
    scope: str
    served: bool
    cel_rules: int
    document: Node

    @property
    def path(self) -> str:
        """File below a release's folder, in the layout of kubeconform's ``-schema-location`` templates."""
        return f"{self.group}/{self.kind.lower()}_{self.version}.json"


_INT64: Final = (-(2**63), 2**63 - 1)
_INTEGER_BOUNDS: Final = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1), "int64": _INT64}
_NON_NULL: Final = ["array", "boolean", "number", "object", "string"]

# Any fields below are unknown to the server: what pruning does where no structural schema is left.
_UNKNOWN: Final[Node] = {
    "additionalProperties": False,
    "properties": {},
    "items": {"$ref": "#/$defs/unknown"},
}

_COPIED: Final = frozenset(
    [
        "default",
        "enum",
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
_BOUNDS: Final = frozenset(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"])
_STRUCTURE: Final = frozenset(
    [
        "additionalProperties",
        "allOf",
        "anyOf",
        "items",
        "not",
        "nullable",
        "oneOf",
        "properties",
        "required",
        "type",
        "uniqueItems",
    ]
)
_DROPPED: Final = frozenset(["description", "example", "externalDocs", "title", "id", "$schema"])
_KNOWN_KEYWORDS: Final = _COPIED | _BOUNDS | _STRUCTURE | _DROPPED

_STRING: Final[Node] = {"type": ["string", "null"]}
_STRING_MAP: Final[Node] = {"type": ["object", "null"], "additionalProperties": _STRING}

# metav1.ObjectMeta as the server decodes it: a Go struct, so null means absent. Syntax of names, labels and
# annotations is checked in nimfleet.schema.metadata, where messages can be better.
OBJECT_META: Final[Node] = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {
        "annotations": _STRING_MAP,
        "creationTimestamp": {"type": ["string", "null"], "format": "date-time"},
        "deletionGracePeriodSeconds": {
            "type": ["integer", "null"],
            "minimum": _INT64[0],
            "exclusiveMaximum": _INT64[1] + 1,
        },
        "deletionTimestamp": {"type": ["string", "null"], "format": "date-time"},
        "finalizers": {"type": ["array", "null"], "items": _STRING},
        "generateName": _STRING,
        "generation": {"type": ["integer", "null"], "minimum": _INT64[0], "exclusiveMaximum": _INT64[1] + 1},
        "labels": _STRING_MAP,
        "managedFields": {"type": ["array", "null"], "items": {"type": ["object", "null"]}},
        "name": _STRING,
        "namespace": _STRING,
        "ownerReferences": {
            "type": ["array", "null"],
            "items": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {
                    "apiVersion": _STRING,
                    "blockOwnerDeletion": {"type": ["boolean", "null"]},
                    "controller": {"type": ["boolean", "null"]},
                    "kind": _STRING,
                    "name": _STRING,
                    "uid": _STRING,
                },
            },
        },
        "resourceVersion": _STRING,
        "selfLink": _STRING,
        "uid": _STRING,
    },
}


def convert(crd: Mapping[str, Any]) -> tuple[Converted, ...]:
    """Every version of ``crd`` (served or not) as JSON Schema, in the CRD's own order.

    Raises:
        ConversionError: not a v1 CRD, or its schema is not structural.
    """
    if crd.get("apiVersion") != "apiextensions.k8s.io/v1" or crd.get("kind") != "CustomResourceDefinition":
        raise ConversionError(
            f"not a CustomResourceDefinition of apiextensions.k8s.io/v1, but {crd.get('apiVersion')} {crd.get('kind')}"
        )
    spec = _mapping(crd.get("spec"), "spec")
    names = _mapping(spec.get("names"), "spec.names")
    group, kind, plural = (
        _text(spec.get("group"), "spec.group"),
        _text(names.get("kind"), "spec.names.kind"),
        _text(names.get("plural"), "spec.names.plural"),
    )
    if spec.get("preserveUnknownFields"):
        raise ConversionError("spec.preserveUnknownFields: true is legacy of v1beta1 and not supported")
    versions = spec.get("versions")
    if not isinstance(versions, list) or not versions:
        raise ConversionError("spec.versions must be a list with at least one version")
    out = []
    for index, version in enumerate(versions):
        where = f"spec.versions[{index}]"
        entry = _mapping(version, where)
        holder = _mapping(entry.get("schema"), f"{where}.schema")
        root = _mapping(holder.get("openAPIV3Schema"), f"{where}.schema.openAPIV3Schema")
        out.append(
            _convert_version(
                entry,
                root,
                f"{where}.schema.openAPIV3Schema",
                group=group,
                kind=kind,
                plural=plural,
                scope=str(spec.get("scope", "Namespaced")),
            )
        )
    return tuple(out)


def _convert_version(
    entry: Mapping[str, Any],
    root: Mapping[str, Any],
    where: str,
    *,
    group: str,
    kind: str,
    plural: str,
    scope: str,
) -> Converted:
    version = _text(entry.get("name"), f"{where}: version name")
    served = bool(entry.get("served"))
    subresources = entry.get("subresources")
    has_status = isinstance(subresources, Mapping) and "status" in subresources
    document = _Converter(has_status).root(root, where)
    document["properties"] |= {"apiVersion": {"const": f"{group}/{version}"}, "kind": {"const": kind}}
    rules = sum(1 for _ in _rules(document, has_status))
    document |= {
        "$schema": DIALECT,
        "title": f"{kind} ({group}/{version})",
        "x-kubernetes-group-version-kind": [{"group": group, "kind": kind, "version": version}],
        "x-nimfleet": {
            "celRules": rules,
            "plural": plural,
            "scope": scope,
            "served": served,
            "statusSubresource": has_status,
            "storage": bool(entry.get("storage")),
        },
    }
    if entry.get("deprecated"):
        document["deprecated"] = True
    return Converted(group, version, kind, plural, scope, served, rules, document)


class _Converter:
    """Walks one structural schema; remembers only which shared definitions it needed."""

    def __init__(self, has_status: bool) -> None:
        self._has_status = has_status
        self._needs_unknown = False

    def root(self, source: Mapping[str, Any], where: str) -> Node:
        properties = dict(_mapping(source.get("properties", {}), f"{where}.properties"))
        metadata = properties.pop("metadata", None)
        status = properties.pop("status", None)
        for implied in ("apiVersion", "kind"):
            properties.pop(implied, None)
        node = self.value({**source, "type": "object", "properties": properties}, where, item=True)
        if status is not None:
            path = f"{where}.properties.status"
            shape = _mapping(status, path)
            node["properties"]["status"] = self.shape(shape, path) if self._has_status else self.value(shape, path)
        node["properties"]["metadata"] = self._metadata(metadata, f"{where}.properties.metadata")
        required = {name for name in node.get("required", ()) if not (name == "status" and self._has_status)}
        node["required"] = sorted(required | {"apiVersion", "kind", "metadata"})
        node["$defs"] = {"objectMeta": OBJECT_META}
        if self._needs_unknown:
            node["$defs"]["unknown"] = _UNKNOWN
        return node

    def _metadata(self, source: Any, where: str) -> Node:
        """A CRD may narrow ``metadata.name`` and ``metadata.generateName`` and nothing else."""
        node: Node = {"$ref": "#/$defs/objectMeta"}
        if source is None:
            return node
        properties = _mapping(_mapping(source, where).get("properties", {}), f"{where}.properties")
        narrowed = {
            name: self.constraint(_mapping(child, f"{where}.properties.{name}"), f"{where}.properties.{name}")
            for name, child in properties.items()
            if name in ("name", "generateName")
        }
        return node | ({"properties": narrowed} if narrowed else {})

    def value(self, source: Mapping[str, Any], where: str, *, item: bool = False) -> Node:
        """A validated node. ``item`` is true where the server leaves nulls in place: list items (and the
        root).
        """
        self._refuse_unknown_keywords(source, where)
        node = _scalar_part(source, where)
        nullable = source.get("nullable") is True
        int_or_string = source.get("x-kubernetes-int-or-string") is True
        kind = ["integer", "string"] if int_or_string else source.get("type")
        if kind is None:
            if not nullable and not item:
                node["type"] = _NON_NULL
        elif nullable:
            node["type"] = [*([kind] if isinstance(kind, str) else kind), "null"]
        else:
            node["type"] = kind
        if "items" in source:
            node["items"] = self.value(_mapping(source["items"], f"{where}.items"), f"{where}.items", item=True)
        self._fields(source, node, where, shape=False)
        properties = source.get("properties", {})
        required = {name for name in source.get("required", ()) if properties.get(name, {}).get("default") is None}
        if required or "required" in node:
            node["required"] = sorted(required | set(node.get("required", ())))
        for keyword in ("allOf", "anyOf", "oneOf"):
            branches = [
                self.constraint(_mapping(branch, f"{where}.{keyword}[{i}]"), f"{where}.{keyword}[{i}]")
                for i, branch in enumerate(source.get(keyword, ()))
                if not (int_or_string and _says_int_or_string(branch))
            ]
            if branches and not (int_or_string and keyword == "anyOf" and _says_int_or_string({"anyOf": branches})):
                node[keyword] = branches
        if "not" in source:
            node["not"] = self.constraint(_mapping(source["not"], f"{where}.not"), f"{where}.not")
        return node

    def shape(self, source: Mapping[str, Any], where: str) -> Node:
        """A node whose fields must be known but whose values are not validated (``status``)."""
        self._refuse_unknown_keywords(source, where)
        node: Node = {key: value for key, value in source.items() if key.startswith("x-kubernetes-")}
        if source.get("x-kubernetes-preserve-unknown-fields") is not True and not any(
            key in source for key in ("properties", "additionalProperties", "items")
        ):
            self._needs_unknown = True
            return {**node, "$ref": "#/$defs/unknown"}
        if "items" in source:
            node["items"] = self.shape(_mapping(source["items"], f"{where}.items"), f"{where}.items")
        self._fields(source, node, where, shape=True)
        # The server looks for unknown fields by the schema's form, also where a value has another one.
        if source.get("x-kubernetes-preserve-unknown-fields") is not True:
            if "items" in node:
                node |= {"additionalProperties": False, "properties": {}}
            else:
                self._needs_unknown = True
                node["items"] = {"$ref": "#/$defs/unknown"}
        return node

    def _fields(self, source: Mapping[str, Any], node: Node, where: str, *, shape: bool) -> None:
        convert_child = self.shape if shape else self.value
        properties = _mapping(source.get("properties", {}), f"{where}.properties")
        if "properties" in source:
            node["properties"] = {
                name: convert_child(_mapping(child, f"{where}.properties.{name}"), f"{where}.properties.{name}")
                for name, child in properties.items()
            }
        additional = source.get("additionalProperties")
        preserved = source.get("x-kubernetes-preserve-unknown-fields") is True
        if isinstance(additional, Mapping):
            node["additionalProperties"] = convert_child(additional, f"{where}.additionalProperties")
        elif additional is True:
            # The server keeps the key and then has no schema for what is below it, so deeper fields are
            # unknown.
            self._needs_unknown = True
            node["additionalProperties"] = {"$ref": "#/$defs/unknown"}
        elif not preserved and (source.get("type") == "object" or "properties" in source):
            node["additionalProperties"] = False
            node.setdefault("properties", {})  # with it, validators name the unexpected fields
        if source.get("x-kubernetes-embedded-resource") is True:
            node["properties"] = node.get("properties", {}) | {
                "apiVersion": {"type": "string", "minLength": 1},
                "kind": {"type": "string", "minLength": 1},
                "metadata": {"$ref": "#/$defs/objectMeta"},
            }
            if not shape:
                node["required"] = ["apiVersion", "kind"]

    def constraint(self, source: Mapping[str, Any], where: str) -> Node:
        """A branch of allOf, anyOf, oneOf or not: it only narrows values, fields are judged by the outer
        node.
        """
        self._refuse_unknown_keywords(source, where)
        node = _scalar_part(source, where)
        if "type" in source:
            node["type"] = source["type"]
        if source.get("required"):
            node["required"] = sorted(source["required"])
        if "properties" in source:
            node["properties"] = {
                name: self.constraint(_mapping(child, f"{where}.properties.{name}"), f"{where}.properties.{name}")
                for name, child in _mapping(source["properties"], f"{where}.properties").items()
            }
        for keyword in ("items", "additionalProperties", "not"):
            if isinstance(source.get(keyword), Mapping):
                node[keyword] = self.constraint(source[keyword], f"{where}.{keyword}")
        for keyword in ("allOf", "anyOf", "oneOf"):
            if source.get(keyword):
                node[keyword] = [
                    self.constraint(_mapping(branch, f"{where}.{keyword}[{i}]"), f"{where}.{keyword}[{i}]")
                    for i, branch in enumerate(source[keyword])
                ]
        return node

    @staticmethod
    def _refuse_unknown_keywords(source: Mapping[str, Any], where: str) -> None:
        for keyword in source:
            if keyword not in _KNOWN_KEYWORDS and not keyword.startswith("x-kubernetes-"):
                raise ConversionError(f"{where}: keyword `{keyword}` is not part of a structural schema")
        if source.get("uniqueItems"):
            raise ConversionError(f"{where}: uniqueItems must not be true (use x-kubernetes-list-type: set)")


def _scalar_part(source: Mapping[str, Any], where: str) -> Node:
    """Keywords that mean the same in both dialects, and the numeric ones translated."""
    node: Node = {key: value for key, value in source.items() if key in _COPIED or key.startswith("x-kubernetes-")}
    if node.get("default", ...) is None:
        del node["default"]  # `default: null` is no default to the server
    fmt = source.get("format")
    if fmt in ENFORCED:
        node["format"] = fmt
    integer = source.get("type") == "integer" or source.get("x-kubernetes-int-or-string") is True
    low, high = _INTEGER_BOUNDS.get(str(fmt), _INT64) if integer else (None, None)
    for bound, exclusive, limit, tighter in (
        ("minimum", "exclusiveMinimum", low, max),
        ("maximum", "exclusiveMaximum", high, min),
    ):
        given, is_exclusive = source.get(bound), source.get(exclusive, False)
        if not isinstance(is_exclusive, bool):
            raise ConversionError(f"{where}: {exclusive} must be a boolean in a structural schema")
        if given is not None and is_exclusive:
            node[exclusive] = given
        elif given is not None or limit is not None:
            value = limit if given is None else given if limit is None else tighter(given, limit)
            node |= {exclusive: value + 1} if value == _INT64[1] else {bound: value}
    return node


def _says_int_or_string(branch: Any) -> bool:
    """The spellings of int-or-string that structural schemas allow: anyOf, alone or within allOf."""
    if not isinstance(branch, Mapping) or set(branch) != {"anyOf"}:
        return False
    return [dict(part) if isinstance(part, Mapping) else part for part in branch["anyOf"]] in (
        [{"type": "integer"}, {"type": "string"}],
        [{"type": "integer", "minimum": _INT64[0], "exclusiveMaximum": _INT64[1] + 1}, {"type": "string"}],
    )


def _rules(document: Mapping[str, Any], skip_status: bool) -> Iterator[str]:
    """CEL expressions that the server would evaluate on create: those of ``status`` are not among them."""
    stack: list[Any] = [
        dict(document)
        | {"properties": {k: v for k, v in document["properties"].items() if not (skip_status and k == "status")}}
    ]
    while stack:
        node = stack.pop()
        for rule in node.get("x-kubernetes-validations", ()):
            yield rule["rule"]
        stack.extend(node.get("properties", {}).values())
        stack.extend(child for key in ("items", "additionalProperties") if isinstance(child := node.get(key), dict))


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConversionError(f"{where} must be a mapping, found {type(value).__name__}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConversionError(f"{where} must be a non-empty string")
    return value
