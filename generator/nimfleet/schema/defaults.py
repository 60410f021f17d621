"""What the API server does to a document before and beside plain validation: nulls, defaults, list types.

Order and rules follow k8s.io/apiextensions-apiserver (packages schema/defaulting and schema/listtype):

1. A null in a property that is neither nullable nor has a default is removed; list items keep theirs.
2. Missing properties, and nulls in non-nullable ones, get their default; then the defaults inside are
   applied.
3. After that, lists of type ``set`` and ``map`` must not hold duplicates.

Most nodes of a schema have nothing of this, so it is compiled into sparse trees that visit only those that
do. Nothing here changes its input: changed containers are copied, the rest is shared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer, dotted


@dataclass(slots=True)
class Tree:
    """One visited schema node. ``defaults`` holds (property, complete default value, nullable).

    ``applied`` is true for lists of Kubernetes' own kinds, which only applying takes for sets and maps.
    """

    defaults: tuple[tuple[str, Any, bool], ...] = ()
    properties: dict[str, Tree] = field(default_factory=dict)
    additional: Tree | None = None
    additional_default: tuple[Any, bool] | None = None
    known: frozenset[str] = frozenset()
    items: Tree | None = None
    item_default: tuple[Any, bool] | None = None
    list_type: str = ""
    list_keys: tuple[str, ...] = ()
    key_defaults: Mapping[str, Any] = field(default_factory=dict)
    applied: bool = False

    @property
    def empty(self) -> bool:
        return not (
            self.defaults
            or self.properties
            or self.additional
            or self.additional_default
            or self.items
            or self.item_default
            or self.list_type
        )


_CORE_KEY_DEFAULTS: Final = {"protocol": "TCP"}
"""The one key of a list in Kubernetes' own kinds that has a default, which their schemas here do not tell."""


def default_tree(document: Mapping[str, Any]) -> Tree:
    """The sparse tree of ``document``'s defaults."""
    return _build(document) or Tree()


def list_tree(document: Mapping[str, Any]) -> Tree:
    """The sparse tree of ``document``'s lists with ``x-kubernetes-list-type`` set or map.

    For Kubernetes' own kinds it is server-side apply, which is how Flux applies, that refuses duplicates.
    """
    if "x-nimfleet" not in document and "status" in document.get("properties", {}):  # nobody applies their status
        document = {**document, "properties": {k: v for k, v in document["properties"].items() if k != "status"}}
    return _lists(document, document.get("$defs", {}), {}) or Tree()


def _build(node: Any) -> Tree | None:
    if not isinstance(node, dict):
        return None
    tree = Tree()
    properties: dict[str, Any] = node.get("properties", {})
    for name, child in properties.items():
        sub = _build(child)
        if sub is not None:
            tree.properties[name] = sub
    additional, items = node.get("additionalProperties"), node.get("items")
    tree.additional, tree.items = _build(additional), _build(items)
    tree.defaults = tuple(
        (name, apply_defaults(child["default"], tree.properties.get(name) or Tree()), _nullable(child))
        for name, child in properties.items()
        if "default" in child
    )
    if isinstance(additional, dict) and "default" in additional:
        value = apply_defaults(additional["default"], tree.additional or Tree())
        tree.additional_default = (value, _nullable(additional))
    if isinstance(items, dict) and "default" in items:
        tree.item_default = (apply_defaults(items["default"], tree.items or Tree()), _nullable(items))
    if tree.additional or tree.additional_default:
        tree.known = frozenset(properties)
    return None if tree.empty else tree


def _lists(node: Any, definitions: Mapping[str, Any], made: dict[str, Tree | None]) -> Tree | None:
    """``made`` holds the trees of definitions; one that contains itself is not followed into itself."""
    if not isinstance(node, dict):
        return None
    reference = node.get("$ref")
    if isinstance(reference, str):
        name = reference.rsplit("/", 1)[-1]
        if name not in made:
            made[name] = None
            made[name] = _lists(definitions.get(name), definitions, made)
        return made[name]
    tree = Tree()
    properties: dict[str, Any] = node.get("properties", {})
    for name, child in properties.items():
        sub = _lists(child, definitions, made)
        if sub is not None:
            tree.properties[name] = sub
    tree.additional = _lists(node.get("additionalProperties"), definitions, made)
    tree.items = _lists(node.get("items"), definitions, made)
    # A node without the key `type` in `status` or `metadata` is not validated, so it has nothing to visit.
    if "type" in node and node.get("x-kubernetes-list-type") in ("set", "map"):
        tree.list_type = node["x-kubernetes-list-type"]
        tree.list_keys = tuple(node.get("x-kubernetes-list-map-keys", ()))
        # The name in a LocalObjectReference has a default.
        entry = node.get("items", {}).get("$ref", "")
        tree.applied = bool(entry) and not entry.endswith("LocalObjectReference")
        if tree.applied and "protocol" in tree.list_keys:
            tree.key_defaults = _CORE_KEY_DEFAULTS
    if tree.additional:
        tree.known = frozenset(properties)
    return None if tree.empty else tree


def _nullable(node: Mapping[str, Any]) -> bool:
    """The converter writes a type without "null" on every validated property that is not nullable."""
    kind = node.get("type")
    return kind is None or (isinstance(kind, list) and "null" in kind)


def apply_defaults(value: Any, tree: Tree) -> Any:
    """``value`` with the defaults of ``tree``; the same object when nothing was missing."""
    if isinstance(value, dict):
        return _default_mapping(value, tree)
    if isinstance(value, list) and (tree.items is not None or tree.item_default is not None):
        return _default_list(value, tree)
    return value


def _default_mapping(value: dict[str, Any], tree: Tree) -> dict[str, Any]:
    out = value
    for name, default, nullable in tree.defaults:
        if name not in out or (out[name] is None and not nullable):
            if out is value:
                out = dict(value)
            out[name] = default
    for name, child in tree.properties.items():
        old = out.get(name)
        if old is not None:
            new = apply_defaults(old, child)
            if new is not old:
                if out is value:
                    out = dict(value)
                out[name] = new
    if tree.additional is not None or tree.additional_default is not None:
        for name, old in value.items():
            if name in tree.known:
                continue
            new = old
            if old is None and tree.additional_default is not None and not tree.additional_default[1]:
                new = tree.additional_default[0]
            elif tree.additional is not None:
                new = apply_defaults(old, tree.additional)
            if new is not old:
                if out is value:
                    out = dict(value)
                out[name] = new
    return out


def _default_list(value: list[Any], tree: Tree) -> list[Any]:
    out = value
    for index, old in enumerate(value):
        new = old
        if old is None and tree.item_default is not None and not tree.item_default[1]:
            new = tree.item_default[0]
        elif tree.items is not None:
            new = apply_defaults(old, tree.items)
        if new is not old:
            if out is value:
                out = list(value)
            out[index] = new
    return out


def prune_nulls(value: Any, node: Any) -> Any:
    """``value`` without the nulls that the server removes for ``node``; shared where nothing changed."""
    if not isinstance(node, dict):
        return value
    if isinstance(value, dict):
        properties: Mapping[str, Any] = node.get("properties", {})
        additional = node.get("additionalProperties")
        out: dict[str, Any] = {}
        changed = False
        for name, old in value.items():
            child = properties.get(name, additional)
            if old is None and isinstance(child, dict) and not _nullable(child) and "default" not in child:
                changed = True
                continue
            new = prune_nulls(old, child)
            changed = changed or new is not old
            out[name] = new
        return out if changed else value
    if isinstance(value, list):
        items = node.get("items")
        pruned = [prune_nulls(old, items) for old in value]
        return pruned if any(new is not old for new, old in zip(pruned, value, strict=True)) else value
    return value


_MISSING: Final = "\0missing"


def duplicates(value: Any, tree: Tree, pointer: Pointer = ()) -> Iterator[tuple[Pointer, str]]:
    """Pointer and message of every item that repeats an earlier one of a ``set`` or ``map`` list."""
    if isinstance(value, dict):
        for name, child in tree.properties.items():
            if name in value:
                yield from duplicates(value[name], child, (*pointer, name))
        if tree.additional is not None:
            for name, item in value.items():
                if name not in tree.known:
                    yield from duplicates(item, tree.additional, (*pointer, name))
    elif isinstance(value, list):
        if tree.list_type and (tree.applied or len(value) > 1):
            yield from _repeated(value, tree, pointer)
        if tree.items is not None:
            for index, item in enumerate(value):
                yield from duplicates(item, tree.items, (*pointer, index))


def _repeated(value: list[Any], tree: Tree, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    seen: dict[Any, int] = {}
    for index, item in enumerate(value):
        if tree.list_type == "set":
            identity = _identity(item)
            words = f"value {json.dumps(item, ensure_ascii=False)}"
        elif isinstance(item, dict):
            if tree.applied and not tree.key_defaults and not any(key in item for key in tree.list_keys):
                place = (*pointer, index)
                yield (place, f"{dotted(place)} must have {' or '.join(tree.list_keys)}, to be told apart from others")
                continue
            identity = tuple(_identity(item.get(key, tree.key_defaults.get(key, _MISSING))) for key in tree.list_keys)
            words = ", ".join(
                f"{key} {json.dumps(item[key], ensure_ascii=False)}" for key in tree.list_keys if key in item
            )
        else:
            continue
        first = seen.setdefault(identity, index)
        if first != index:
            place = (*pointer, index)
            yield (place, f"{dotted(place)} repeats {words or 'the key'} of {dotted((*pointer, first))}")


def _identity(item: Any) -> Any:
    """Equal exactly where the JSON values are equal: true is not 1, 1.0 is 1."""
    if isinstance(item, bool):
        return ("bool", item)
    if isinstance(item, (dict, list)):
        return ("json", json.dumps(item, sort_keys=True))
    return item
