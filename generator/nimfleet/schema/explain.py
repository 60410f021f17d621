"""jsonschema-rs errors → one sentence each, with the pointer to the node that must change."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from nimfleet.manifest.pointer import Pointer, dotted
from nimfleet.schema.formats import CORE_BYTE, CORE_QUANTITY
from nimfleet.schema.model import Schema
from nimfleet.suggest import nearest

if TYPE_CHECKING:
    import jsonschema_rs

Problem = tuple[Pointer, str, str]

_MAX_SHOWN: Final = 60
_MAX_OPTIONS: Final = 12
_MAX_VISITED: Final = 4000

_TYPE_WORDS: Final = {
    "array": "a list",
    "boolean": "a boolean",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "a string",
}

_FORMAT_WORDS: Final = {
    CORE_BYTE: "be base64 text",
    CORE_QUANTITY: "be a quantity such as `500m` or `16Gi`",
}

_UNITS: Final = {
    "Length": ("character", "characters"),
    "Items": ("item", "items"),
    "Properties": ("property", "properties"),
}


def explain(value: Any, schema: Schema) -> list[Problem]:
    """(pointer, keyword, message) of every schema error of ``value``, without repetitions."""
    out: dict[Problem, None] = {}
    for error in schema.validator.iter_errors(value):
        for problem in _problems(error, schema.document):
            out.setdefault(problem)
    return list(out)


def _problems(error: jsonschema_rs.ValidationError, document: Mapping[str, Any]) -> Iterator[Problem]:
    pointer: Pointer = tuple(error.instance_path)
    keyword = error.kind.name
    detail = error.kind.as_dict()
    place = dotted(pointer) or "the document"
    found = show(error.instance)
    parent = _at(document, error.schema_path[:-1])
    match keyword:
        case "additionalProperties":
            for name in detail["unexpected"]:
                yield ((*pointer, name), "unknown-field", _unknown(name, pointer, parent, document))
        case "required":
            name = detail["property"]
            yield (pointer, keyword, f"{dotted((*pointer, name))} is required, but missing")
        case "type":
            yield (
                pointer,
                keyword,
                f"{place} must be {_types(parent.get('type'))}, found {_kind(error.instance)} {found}",
            )
        case "enum" | "const":
            options = [str(option) if isinstance(option, str) else show(option) for option in _options(detail)]
            yield (
                pointer,
                keyword,
                f"{place} must be {_one_of(options)}, found {found}{_hint(error.instance, options)}",
            )
        case "pattern":
            yield (pointer, keyword, f"{place} must match the pattern `{detail['pattern']}`, found {found}")
        case "format":
            yield (pointer, keyword, f"{place} must {_format(detail['format'])}, found {found}")
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            words = {
                "minimum": "at least",
                "maximum": "at most",
                "exclusiveMinimum": "greater than",
                "exclusiveMaximum": "less than",
            }[keyword]
            yield (pointer, keyword, f"{place} must be {words} {detail['limit']}, found {found}")
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties":
            bound = "at least" if keyword.startswith("min") else "at most"
            unit = _UNITS[keyword[3:]][detail["limit"] != 1]
            size = len(error.instance) if isinstance(error.instance, (str, list, dict)) else 0
            yield (pointer, keyword, f"{place} must have {bound} {detail['limit']} {unit}, found {size}")
        case "anyOf" | "oneOf" | "oneOfNotValid" | "oneOfMultipleValid":
            yield (pointer, keyword, _branches(place, found, error.instance, parent, detail))
        case "not":
            yield (pointer, keyword, f"{place} must not match {show(parent.get('not'))}, but it does")
        case _:
            yield (pointer, keyword, f"{place}: {error.message}")


def _format(name: str) -> str:
    return _FORMAT_WORDS.get(name, f"have the format {name}")


def _options(detail: Mapping[str, Any]) -> list[Any]:
    return list(detail["options"]) if "options" in detail else [detail["expected_value"]]


def _one_of(options: list[str]) -> str:
    shown = ", ".join(f"`{option}`" for option in options[:_MAX_OPTIONS])
    if len(options) == 1:
        return shown
    more = f" or {len(options) - _MAX_OPTIONS} others" if len(options) > _MAX_OPTIONS else ""
    return f"one of {shown}{more}"


def _hint(value: Any, options: Iterable[str]) -> str:
    """A close option."""
    near = nearest(value, options) if isinstance(value, str) else None
    return f"; did you mean `{near}`?" if near else ""


def _unknown(name: str, pointer: Pointer, parent: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    known = sorted(parent.get("properties", {}))
    text = f"unknown field {dotted((*pointer, name))}"
    if hint := _hint(name, known):
        return text + hint
    if elsewhere := _elsewhere(name, document):
        return f"{text}; a field of this name belongs at {elsewhere}"
    if known and len(known) <= _MAX_OPTIONS:
        return f"{text}; known here: {', '.join(f'`{field}`' for field in known)}"
    return text


def _elsewhere(name: str, document: Mapping[str, Any]) -> str:
    """The shallowest place of the schema, outside status and metadata, that has a property ``name``."""
    queue: deque[tuple[str, Mapping[str, Any]]] = deque([("", document)])
    seen: set[int] = set()
    while queue and len(seen) < _MAX_VISITED:
        path, node = queue.popleft()
        node = _resolve(node, document)
        if id(node) in seen:
            continue
        seen.add(id(node))
        properties = node.get("properties", {})
        if name in properties:
            return f"{path}.{name}".lstrip(".")
        for key, child in properties.items():
            if path or key not in ("status", "metadata"):
                queue.append((f"{path}.{key}".lstrip("."), child))
        if isinstance(node.get("items"), dict):
            queue.append((f"{path}[]", node["items"]))
    return ""


def _branches(place: str, found: str, instance: Any, parent: Mapping[str, Any], detail: Mapping[str, Any]) -> str:
    branches = parent.get("oneOf") or parent.get("anyOf") or []
    only_required = [branch["required"] for branch in branches if set(branch) == {"required"}]
    if branches and len(only_required) == len(branches) and isinstance(instance, dict):
        names = [" with ".join(f"`{name}`" for name in required) for required in only_required]
        present = [f"`{name}`" for required in only_required for name in required if name in instance]
        many = "exactly one" if "oneOf" in parent else "at least one"
        return f"{place} must have {many} of {', '.join(names)}, found {' and '.join(present) or 'none'}"
    types = [kind for branch in branches for kind in _as_list(branch.get("type")) if kind != "null"]
    if types and all(set(branch) <= {"type", "minimum", "maximum"} for branch in branches):
        return f"{place} must be {_types(types)}, found {_kind(instance)} {found}"
    reasons = [_reason(errors) for errors in detail.get("context", []) if errors]
    if not reasons:
        return f"{place} matches more than one of {len(branches)} forms that exclude each other"
    return f"{place} fits none of its {len(branches)} allowed forms: {'; or '.join(dict.fromkeys(reasons))}"


def _reason(errors: list[jsonschema_rs.ValidationError]) -> str:
    return " and ".join(
        f"{dotted(tuple(error.instance_path)) or 'the document'}: {error.message}" for error in errors[:2]
    )


def _at(document: Mapping[str, Any], path: Iterable[str | int]) -> Mapping[str, Any]:
    node: Any = document
    for part in path:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return {}
    return node if isinstance(node, dict) else {}


def _resolve(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        return _at(document, reference[2:].split("/"))
    return node


def _as_list(kind: Any) -> list[str]:
    return [kind] if isinstance(kind, str) else list(kind or [])


def _types(kind: Any) -> str:
    words = [_TYPE_WORDS.get(name, name) for name in _as_list(kind) if name != "null"]
    return " or ".join(dict.fromkeys(words)) or "null"


def _kind(value: Any) -> str:
    if value is None:
        return "the value"
    if isinstance(value, bool):
        return "the boolean"
    if isinstance(value, int | float):
        return "the number"
    if isinstance(value, str):
        return "the string"
    return "the mapping" if isinstance(value, dict) else "the list"


def show(value: Any) -> str:
    """``value`` as JSON, shortened so that a message stays one line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"
