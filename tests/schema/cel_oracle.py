"""Google's cel-cpp (package cel-expr-python) as the judge of expressions, and values made from schemas for both."""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2
from cel_expr_python import cel
from cel_expr_python.ext import ext_optional, ext_strings

from nimfleet.schema.cel.codegen import Program
from nimfleet.schema.cel.errors import ERRORS
from nimfleet.schema.cel.parser import parse
from nimfleet.schema.cel.syntax import Has, Literal, Select
from nimfleet.schema.cel.types import Type, escape
from nimfleet.schema.cel.values import Duration, Optional, Timestamp, TypeName

ERROR = "error"
"""What stands for an evaluation that ends in an error, whatever it says."""


def _find(text: str, pattern: str) -> str:
    match = re2.search(pattern, text)
    return match.group(0) if match else ""


@lru_cache(maxsize=1)
def environment() -> Any:
    string = cel.Type.STRING
    overload = cel.Overload("string_find_string", string, [string, string], is_member=True, impl=_find)
    return cel.NewEnv(
        variables={"self": cel.Type.DYN, "oldSelf": cel.Type.DYN},
        extensions=[ext_strings.ExtStrings(), ext_optional.ExtOptional()],
        functions=[cel.FunctionDecl("find", [overload])],
    )


@lru_cache(maxsize=1024)
def compiled(expression: str) -> Any:
    return environment().compile(expression)


def judge(expression: str, value: Any = None, old: Any = None) -> Any:
    """cel-cpp's value, or ERROR. Its error value is truthy, so the type decides."""
    result = compiled(expression).eval(data={"self": value, "oldSelf": old})
    if result.type() == cel.Type.ERROR:
        return ERROR
    found = result.plain_value()
    return bytes(found) if isinstance(found, bytearray) else found


def ours(program: Program, value: Any = None, old: Any = None, *, absorbing: bool = False) -> Any:
    """Our value in the shape that the judge gives it, or ERROR."""
    try:
        result = program.run_absorbing(value, old) if absorbing else program.run(value, old)
    except ERRORS:
        return ERROR
    return plain(result)


def plain(value: Any) -> Any:
    match value:
        case Duration():
            return datetime.timedelta(microseconds=value.ns / 1000)
        case Timestamp():
            return value.date
        case Optional():
            return plain(value.value)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case TypeName():
            return value.name
        case _:
            return value


def same(left: Any, right: Any) -> bool:
    """Equality that tells 1 from true and from 1.0."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and bool(left == right)


def for_judge(value: Any, kind: Type) -> Any:
    """A value of JSON as an untyped evaluator must see it: names escaped, nulls of objects gone, doubles."""
    if value is None:
        return None
    match kind.kind:
        case "object":
            out = {}
            for name, item in value.items():
                known = kind.fields.by_name(name) if kind.fields else None
                spelled = escape(name)
                if known is not None and spelled is not None and item is not None:
                    out[spelled] = for_judge(item, known)
            return out
        case "list" if kind.item:
            return [for_judge(item, kind.item) for item in value]
        case "map" if kind.item:
            return {name: for_judge(item, kind.item) for name, item in value.items()}
        case "double":
            return float(value)
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Words:
    """What an expression mentions: only these make its verdict change."""

    fields: frozenset[str]
    strings: tuple[str, ...]
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, expression: str) -> Words:
        nodes = list(_nodes(parse(expression)))
        constants = [node.value for node in nodes if isinstance(node, Literal)]
        return cls(
            frozenset(node.field for node in nodes if isinstance(node, Select | Has)),
            tuple(dict.fromkeys(text for text in constants if isinstance(text, str))),
            tuple(dict.fromkeys(n for n in constants if isinstance(n, int) and not isinstance(n, bool))),
        )


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for name in getattr(node, "__slots__", ()):
        child = getattr(node, name)
        for part in child if isinstance(child, tuple) else (child,):
            if hasattr(part, "__slots__"):
                yield from _nodes(part)


class Maker:
    """Values of a schema, mostly such as change the verdict of one expression; the same for the same seed."""

    def __init__(self, seed: str, words: Words, *, nulls: bool = True) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._words = words
        self._nulls = nulls

    def coin(self) -> bool:
        return self._random.random() < 0.5

    def value(self, schema: Mapping[str, Any], kind: Type, depth: int = 0) -> Any:
        pick = self._random
        if kind.nullable and depth and self._nulls and pick.random() < 0.1:
            return None
        match kind.kind:
            case "object":
                return self._object(schema, kind, depth)
            case "list" if kind.item:
                items = schema["items"]
                return [self.value(items, kind.item, depth + 1) for _ in range(pick.choice((0, 1, 1, 2, 2, 3)))]
            case "map" if kind.item:
                inner = schema["additionalProperties"]
                keys = [self._text(schema) for _ in range(pick.choice((0, 1, 1, 2, 3)))]
                return {key: self.value(inner, kind.item, depth + 1) for key in keys}
            case "bool":
                return pick.random() < 0.5
            case "int":
                near = [n + d for n in self._words.numbers for d in (-1, 0, 1)]
                return pick.choice([0, 1, 2, 3, 100, 2**63 - 1, -1, *near])
            case "double":
                return pick.choice([0, 1, 0.5, -1.5])
            case "dyn":
                return pick.choice([0, 1, 7, self._text(schema)])
            case _:
                return self._text(schema)

    def _object(self, schema: Mapping[str, Any], kind: Type, depth: int) -> dict[str, Any]:
        assert kind.fields is not None
        out = {}
        chance = self._random.choice((0.3, 0.6, 0.9))
        mentioned = {spelled for spelled in self._words.fields if kind.fields.find(spelled)}
        whole = {spelled for name in list(schema.get("properties", {}))[:4] if (spelled := escape(name))}
        for spelled in sorted(mentioned or (whole if depth < 3 else ())):
            found = kind.fields.find(spelled)
            if found is None:
                continue
            name, type_ = found
            required = name in schema.get("required", ())
            if self._random.random() < (0.97 if required else chance):
                out[name] = self.value(schema.get("properties", {}).get(name, {}), type_, depth + 1)
        return out

    def _text(self, schema: Mapping[str, Any]) -> str:
        pick = self._random
        options = [option for option in schema.get("enum", ()) if isinstance(option, str)]
        if options and pick.random() < 0.8:
            return str(pick.choice(options))
        word = pick.choice(self._words.strings) if self._words.strings else "a"
        return pick.choice(
            [word, word, f"{word}x", f"x{word}", f"x{word}x", f"{word}@1", "al2@latest", "", "a", "ab/c", "é", "10", "-1", "1s",
             "a.b/c", "karpenter.sh/x", "x@al2", "/ok", "https://x", "oci://h/p", "example.com"]
        )  # fmt: skip
