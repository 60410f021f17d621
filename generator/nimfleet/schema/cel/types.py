"""The types of expressions, and the type that a schema node has in them.

Follows k8s.io/apiextensions-apiserver, pkg/apiserver/schema/cel/model: data without a schema is not visible,
int-or-string is dynamic, strings of some formats are times and bytes, and property names are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nimfleet.schema.cel.lexer import RESERVED

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Type:
    """``kind`` is null, bool, int, double, string, bytes, list, map, object, duration, timestamp, type,
    optional, quantity, ip, cidr or dyn.

    ``item`` is what a list, map or optional holds (None: unknown, as in ``[]``). ``fields`` are an object's,
    by escaped name. ``nullable`` values may be None. ``list_type`` and ``list_keys`` are those of the schema.
    """

    kind: str
    item: Type | None = None
    key: str = "string"
    fields: Fields | None = None
    nullable: bool = False
    list_type: str = ""
    list_keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind in ("list", "optional"):
            return f"{self.kind}({self.item or 'unknown'})"
        if self.kind == "map":
            return f"map({self.key}, {self.item or 'unknown'})"
        return self.kind


NULL: Final = Type("null")
BOOL: Final = Type("bool")
INT: Final = Type("int")
DOUBLE: Final = Type("double")
STRING: Final = Type("string")
BYTES: Final = Type("bytes")
DURATION: Final = Type("duration")
TIMESTAMP: Final = Type("timestamp")
TYPE: Final = Type("type")
DYN: Final = Type("dyn")
QUANTITY: Final = Type("quantity")
IP: Final = Type("ip")
CIDR: Final = Type("cidr")

SCALARS: Final = frozenset(
    ["bool", "int", "double", "string", "bytes", "duration", "timestamp", "type", "quantity", "ip", "cidr", "null"]
)
CONVERTED: Final = frozenset(["double", "bytes", "duration", "timestamp"])
"""Kinds whose values look different in a document (JSON has no such types)."""


def list_of(item: Type | None) -> Type:
    return Type("list", item)


@dataclass(slots=True)
class Fields:
    """The properties of one object schema, typed when first asked for."""

    schemas: Mapping[str, Schema]
    types: Mapping[str, Type] = field(default_factory=dict)
    _known: dict[str, tuple[str, Type] | None] = field(default_factory=dict)

    def find(self, escaped: str) -> tuple[str, Type] | None:
        """The property's own name and type; None when expressions cannot see one of that name."""
        if escaped not in self._known:
            self._known[escaped] = self._find(escaped)
        return self._known[escaped]

    def _find(self, escaped: str) -> tuple[str, Type] | None:
        name = unescape(escaped)
        if name is None or escape(name) != escaped:
            return None
        found = self.types.get(name)
        if found is None and name in self.schemas:
            found = type_of(self.schemas[name])
        return None if found is None else (name, found)

    def by_name(self, name: str) -> Type | None:
        """The type of the property ``name``, which need not be a name that expressions can spell."""
        return self.types.get(name) or (type_of(self.schemas[name]) if name in self.schemas else None)


_METADATA: Final = Type("object", fields=Fields({}, {"name": STRING, "generateName": STRING}))
_FORMATS: Final = {"byte": BYTES, "duration": DURATION, "date": TIMESTAMP, "date-time": TIMESTAMP}
_SIMPLE: Final = {"boolean": BOOL, "integer": INT, "number": DOUBLE}


def type_of(schema: Schema, *, root: bool = False) -> Type | None:
    """The type of a node of a converted schema; None where the server does not show it to expressions.

    ``root`` says that the node is a whole resource.
    """
    kind = schema.get("type")
    kinds = [kind] if isinstance(kind, str) else list(kind or ())
    nullable = "null" in kinds
    if schema.get("x-kubernetes-int-or-string") is True:
        return DYN
    plain = [name for name in kinds if name != "null"]
    if len(plain) != 1:
        return None
    match plain[0]:
        case "array":
            return _list(schema, nullable)
        case "object":
            return _object(schema, nullable, root or schema.get("x-kubernetes-embedded-resource") is True)
        case "string":
            found = _FORMATS.get(str(schema.get("format")), STRING)
        case other:
            found = _SIMPLE[other]
    return Type(found.kind, nullable=True) if nullable else found


def _list(schema: Schema, nullable: bool) -> Type | None:
    items = schema.get("items")
    item = type_of(items) if isinstance(items, Mapping) else None
    if item is None:
        return None
    keys = tuple(schema.get("x-kubernetes-list-map-keys", ()))
    return Type(
        "list",
        item,
        nullable=nullable,
        list_type=str(schema.get("x-kubernetes-list-type", "")),
        list_keys=keys,
    )


def _object(schema: Schema, nullable: bool, resource: bool) -> Type | None:
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping) and "$ref" not in additional:
        item = type_of(additional)
        return None if item is None else Type("map", item, nullable=nullable)
    types: dict[str, Type] = {}
    if resource:
        types = {"apiVersion": STRING, "kind": STRING, "metadata": _METADATA}
        if schema.get("x-nimfleet", {}).get("statusSubresource"):
            # The server drops status before it validates a create, and its schema keeps no types.
            types["status"] = DYN
    return Type("object", fields=Fields(schema.get("properties", {}), types), nullable=nullable)


_SYMBOLS: Final = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_NAMES: Final = {name[2:-2]: symbol for symbol, name in _SYMBOLS.items()}
_ESCAPED: Final = re.compile(r"__|[-./]")
_UNESCAPED: Final = re.compile(r"__([^_]+)__")
_SPELLABLE: Final = re.compile(r"[A-Za-z_./-][A-Za-z0-9_./-]*")


def escape(name: str) -> str | None:
    """How expressions spell the property ``name``; None when they cannot."""
    if name in RESERVED:
        return f"__{name}__"
    if not _SPELLABLE.fullmatch(name):
        return None
    return _ESCAPED.sub(lambda match: _SYMBOLS[match[0]], name)


def unescape(name: str) -> str | None:
    """The property that ``name`` spells; None when it is no valid spelling."""
    if "__" not in name:
        return name
    if name.startswith("__") and name.endswith("__") and name[2:-2] in RESERVED:
        return name[2:-2]
    bad = [word for word in _UNESCAPED.findall(name) if word not in _NAMES]
    return None if bad else _UNESCAPED.sub(lambda match: _NAMES[match[1]], name)
