"""Where a schema's rules stand, and what they say about a document.

The schema becomes a sparse tree that visits only nodes with rules. Expressions are compiled when a document
first has a value for them. Order, correlation with old values and messages follow
k8s.io/apiextensions-apiserver, pkg/apiserver/schema/cel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.cel.codegen import Program, compile_expression
from nimfleet.schema.cel.errors import ERRORS, CompileError, UnsupportedCel, describe
from nimfleet.schema.cel.types import BOOL, STRING, Type, type_of
from nimfleet.schema.cel.values import NONE, Optional

Problem = tuple[Pointer, str]

_MAX_MESSAGE: Final = 5 * 1024
_PATH_PART: Final = re.compile(r"\.([^.\[\]]+)|\['((?:[^'\\]|\\.)*)'\]")


@dataclass(slots=True)
class Rule:
    """One entry of ``x-kubernetes-validations``; compiled when it first runs."""

    expression: str
    message: str
    message_expression: str
    field_path: Pointer
    optional_old: bool
    where: str
    type: Type | None
    _program: Program | None = None
    _failure: CompileError | None = None
    _message_program: Program | None = None

    def program(self) -> Program:
        """The compiled expression.

        Raises:
            CompileError: it cannot be compiled; an ``UnsupportedCel`` when that is not the rule's fault.
        """
        if self._program is None:
            if self._failure is not None:
                raise self._failure
            try:
                if self.type is None:
                    raise CompileError("the server shows no data here to expressions, for it has no schema")
                program = compile_expression(self.expression, self.type, BOOL, optional_old=self.optional_old)
                if self.message_expression:
                    self._message_program = compile_expression(self.message_expression, self.type, STRING)
                self._program = program
            except CompileError as error:
                self._failure = error
                raise
        return self._program

    def verdict(self, value: Any, old: Any) -> str | None:
        """What is wrong with ``value``; None when it is fine, or when the rule needs an old value."""
        program = self.program()
        if program.uses_old and old is None and not self.optional_old:
            return None
        previous = old
        if self.optional_old:
            previous = NONE if old is None else Optional(old, True)
        try:
            if program.run(value, previous) is True:
                return None
        except ERRORS as error:
            return f"{self._name()} (the rule cannot be evaluated: {describe(error)})"
        return self._said(value, old) or self._name()

    def _name(self) -> str:
        return self.message.rstrip(".") or f"failed rule: {self.expression}"

    def _said(self, value: Any, old: Any) -> str:
        """What ``messageExpression`` says; nothing when the server would fall back to ``message``."""
        if self._message_program is None:
            return ""
        try:
            text = str(self._message_program.run(value, old)).strip()
        except ERRORS:
            return ""
        return text if len(text.encode()) <= _MAX_MESSAGE and "\n" not in text else ""


@dataclass(slots=True)
class Node:
    """One visited schema node. ``keys`` are those by which a list's old items are found."""

    rules: list[Rule] = field(default_factory=list)
    properties: dict[str, Node] = field(default_factory=dict)
    additional: Node | None = None
    items: Node | None = None
    keys: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.rules or self.properties or self.additional or self.items)


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A rule that is not evaluated: where it stands in the schema, its text, and the reason."""

    where: str
    expression: str
    reason: str
    unsupported: bool


def rule_tree(document: Mapping[str, Any]) -> Node:
    """The rules of a converted schema. ``status`` has none where the server drops it on create."""
    return _build(document, document, "", root=True)


def _build(validation: Mapping[str, Any], schema: Mapping[str, Any], where: str, *, root: bool = False) -> Node:
    """``validation`` is ``schema``, or a branch of its allOf, whose rules see what ``schema`` describes."""
    node = Node()
    raw = validation.get("x-kubernetes-validations", ())
    if raw:
        type_ = type_of(schema, root=root)
        node.rules = [_rule(entry, type_, where) for entry in raw]
    dropped = "status" if root and schema.get("x-nimfleet", {}).get("statusSubresource") else ""
    properties = schema.get("properties", {})
    for name, child in validation.get("properties", {}).items():
        target = properties.get(name)
        if name != dropped and isinstance(target, dict) and isinstance(child, dict):
            sub = _build(child, target, f"{where}.{name}".lstrip("."))
            if not sub.empty:
                node.properties[name] = sub
    for keyword, mark in (("items", "[]"), ("additionalProperties", ".*")):
        child, target = validation.get(keyword), schema.get(keyword)
        if isinstance(child, dict) and isinstance(target, dict):
            sub = _build(child, target, f"{where}{mark}")
            if sub.empty:
                continue
            if keyword == "items":
                node.items = sub
            else:
                node.additional = sub
    if schema.get("x-kubernetes-list-type") == "map":
        node.keys = tuple(schema.get("x-kubernetes-list-map-keys", ()))
    for branch in validation.get("allOf", ()):
        _merge(node, _build(branch, schema, where, root=root))
    return node


def _merge(node: Node, other: Node) -> None:
    node.rules = [*node.rules, *other.rules]
    for name, child in other.properties.items():
        if name in node.properties:
            _merge(node.properties[name], child)
        else:
            node.properties[name] = child
    for attribute in ("additional", "items"):
        mine, theirs = getattr(node, attribute), getattr(other, attribute)
        if mine is not None and theirs is not None:
            _merge(mine, theirs)
        elif theirs is not None:
            setattr(node, attribute, theirs)


def _rule(entry: Mapping[str, Any], type_: Type | None, where: str) -> Rule:
    return Rule(
        expression=str(entry["rule"]).strip(),
        message=str(entry.get("message", "")).strip(),
        message_expression=str(entry.get("messageExpression", "")),
        field_path=tuple(_path(str(entry.get("fieldPath", "")))),
        optional_old=entry.get("optionalOldSelf") is True,
        where=where,
        type=type_,
    )


def _path(text: str) -> Iterator[str]:
    """``.spec.x['y.z']`` → spec, x, y.z."""
    for match in _PATH_PART.finditer(text):
        yield match[1] if match[1] is not None else re.sub(r"\\(.)", r"\1", match[2])


def evaluate(value: Any, node: Node, old: Any = None) -> list[Problem]:
    """Pointer and message of every rule that ``value`` breaks; rules that cannot be compiled are skipped.

    ``old`` is the object that ``value`` replaces, if any: rules about a change run where it has a value that
    is the predecessor of one in ``value`` (properties and map values by name, items of lists of type map by
    their keys).
    """
    out: list[Problem] = []
    _evaluate(value, old, node, (), out)
    return out


def _evaluate(value: Any, old: Any, node: Node, pointer: Pointer, out: list[Problem]) -> None:
    if value is None:
        return
    for rule in node.rules:
        try:
            said = rule.verdict(value, old)
        except CompileError:
            continue
        if said is not None:
            out.append(((*pointer, *rule.field_path), said))
    if isinstance(value, dict):
        previous = old if isinstance(old, dict) else {}
        for name, child in node.properties.items():
            if name in value:
                _evaluate(value[name], previous.get(name), child, (*pointer, name), out)
        if node.additional is not None:
            for name, item in value.items():
                _evaluate(item, previous.get(name), node.additional, (*pointer, name), out)
    elif isinstance(value, list) and node.items is not None:
        before = _by_keys(old, node.keys)
        for index, item in enumerate(value):
            _evaluate(item, before.get(_keys(item, node.keys)), node.items, (*pointer, index), out)


def _by_keys(old: Any, names: tuple[str, ...]) -> dict[tuple[Any, ...], Any]:
    out: dict[tuple[Any, ...], Any] = {}
    if names and isinstance(old, list):
        for item in old:
            out.setdefault(_keys(item, names), item)
    return out


def _keys(item: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(str(item.get(name)) for name in names) if names and isinstance(item, dict) else ()


def all_rules(node: Node) -> Iterator[Rule]:
    """Every rule of the tree, outer ones first."""
    yield from node.rules
    for child in (*node.properties.values(), node.additional, node.items):
        if child is not None:
            yield from all_rules(child)


def unchecked(node: Node) -> list[Unchecked]:
    """The rules that cannot be evaluated, with the reason; compiles all of them."""
    out = []
    for rule in all_rules(node):
        try:
            rule.program()
        except CompileError as error:
            out.append(Unchecked(rule.where, rule.expression, str(error), isinstance(error, UnsupportedCel)))
    return out
