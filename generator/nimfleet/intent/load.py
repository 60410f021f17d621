"""Reading environment.yaml: every problem at once, each with its line and column."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from nimfleet.errors import IntentError, Problem, UsageError
from nimfleet.intent.check import check, check_names
from nimfleet.intent.models import Environment, pattern_help
from nimfleet.manifest.parse import Document, Position, parse
from nimfleet.manifest.pointer import Pointer, to_json_pointer
from nimfleet.suggest import did_you_mean, listing

_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)", re.MULTILINE)
_KIND = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping of names",
    "model_type": "a mapping",
    "float_type": "a number",
}


@dataclass(frozen=True, slots=True)
class LoadedEnvironment:
    """An environment and where each part of it stands in its file."""

    environment: Environment
    file: str
    document: Document

    def position(self, pointer: Pointer) -> Position:
        """Line and column (from 1) of the value at ``pointer``, or of its nearest existing parent."""
        return self.document.position(pointer)

    def problem(self, pointer: Pointer, message: str) -> Problem:
        """A problem at ``pointer`` of this file."""
        where = self.position(pointer)
        return Problem(self.file, where.line, where.column, to_json_pointer(pointer), message)


def load_environment(path: Path, display: str | None = None) -> LoadedEnvironment:
    """Read and check ``path``; ``display`` is the name used in messages (default: the path).

    Raises:
        UsageError: the file cannot be read.
        IntentError: the file is not a valid environment; carries all problems.
    """
    file = display if display is not None else path.as_posix()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}") from None
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None
    return parse_environment(text, file, folder=path.resolve().parent.name)


def parse_environment(text: str, file: str, folder: str | None = None) -> LoadedEnvironment:
    """Check the text of an environment.yaml; ``folder`` is the name of the folder that it lies in, when known.

    Raises:
        IntentError: the text is not a valid environment; carries all problems.
    """
    markers = list(_CONFLICT.finditer(text))
    if markers:
        lines = [text.count("\n", 0, marker.start()) + 1 for marker in markers]
        raise IntentError(
            (
                Problem(
                    file,
                    lines[0],
                    1,
                    "",
                    f"conflict markers of an unfinished merge in line{'s' if len(lines) > 1 else ''} "
                    f"{', '.join(map(str, lines))}; choose one side, delete the markers, and render again",
                ),
            )
        )
    parsed = parse(text, file)
    if parsed.problems:
        raise IntentError(tuple(parsed.problems))
    documents = [document for document in parsed.documents if document.value is not None]
    if len(documents) != 1:
        found = "is empty" if not documents else f"holds {len(documents)} YAML documents"
        raise IntentError((Problem(file, 1, 1, "", f"the file {found}; an environment is one YAML document"),))
    document = documents[0]
    if not isinstance(document.value, dict):
        raise IntentError((Problem(file, 1, 1, "", "an environment is a mapping that starts with `version: 1`"),))
    try:
        environment = Environment.model_validate(document.value)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        problems = _shape_problems(errors, document, text.splitlines()) + _other_problems(errors, document, folder)
        raise IntentError(_in_order(problems)) from None
    loaded = LoadedEnvironment(environment, file, document)
    problems = [loaded.problem(pointer, message) for pointer, message in check(environment, folder)]
    if problems:
        raise IntentError(_in_order(problems))
    return loaded


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda p: (p.line, p.column, p.message)))


def _shape_problems(errors: list[ErrorDetails], document: Document, lines: list[str]) -> list[Problem]:
    problems = []
    for error in errors:
        pointer, is_key = _pointer(error["loc"])
        where = document.position(pointer)
        message = _message(error, pointer, is_key, _written(lines, where))
        problems.append(Problem(document.file, where.line, where.column, to_json_pointer(pointer), message))
    return problems


def _other_problems(errors: list[ErrorDetails], document: Document, folder: str | None) -> list[Problem]:
    """Names that nobody knows, found in a copy without the broken settings; none when more than settings is broken."""
    value = copy.deepcopy(document.value)
    broken = [_pointer(error["loc"])[0] for error in errors]
    if any(error["type"] == "missing" or len(pointer) < 2 for error, pointer in zip(errors, broken, strict=True)):
        return []
    if any(len(pointer) == 2 and pointer[0] in ("models", "pools", "pipelines") for pointer in broken):
        return []
    for pointer in broken:
        parent = value
        for part in pointer[:-1]:
            parent = parent[part]
        if isinstance(parent, dict):
            parent.pop(pointer[-1], None)
    try:
        environment = Environment.model_validate(value)
    except ValidationError:
        return []
    loaded = LoadedEnvironment(environment, document.file, document)
    return [loaded.problem(pointer, message) for pointer, message in check_names(environment, folder)]


def _pointer(loc: tuple[int | str, ...]) -> tuple[Pointer, bool]:
    if loc and loc[-1] == "[key]":
        return loc[:-1], True
    return loc, False


def _written(lines: list[str], where: Position) -> str | None:
    """A scalar's text as it stands in the file (`1.30`, which YAML reads as 1.3); None when not on its key's line."""
    if where.line > len(lines):
        return None
    _, _, value = lines[where.line - 1][where.column - 1 :].partition(":")
    return value.partition(" #")[0].strip() or None


def _message(error: ErrorDetails, pointer: Pointer, is_key: bool, written: str | None) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    name = _dotted(pointer)
    if kind == "extra_forbidden":
        known = _keys_of(_model_at(pointer[:-1]))
        nearest = did_you_mean(str(pointer[-1]), known)
        return f"unknown key '{pointer[-1]}'{_in(pointer[:-1])}.{nearest} Known here: {listing(known)}."
    if kind == "missing":
        field = _field(pointer)
        return f"'{pointer[-1]}' is missing{_in(pointer[:-1])}.{' ' + field if field else ''}"
    if kind in _KIND:
        hint = ""
        if kind == "string_type" and isinstance(value, int | float):
            hint = f' Put it in quotes: "{written or value}".'
        elif kind == "int_type" and isinstance(value, str) and value.isdecimal():
            hint = f" Remove the quotes: {value}."
        shown = f"'{written}'" if written and isinstance(value, int | float) else _shown(value)
        return f"{name} must be {_KIND[kind]}, but {shown} is {_type_name(value)}.{hint}"
    if kind == "literal_error":
        allowed = _literal_values(context.get("expected", ""))
        return f"{name} is {_shown(value)}; it can be {listing(allowed)}.{did_you_mean(str(value), allowed)}"
    if kind == "string_pattern_mismatch":
        subject = f"the name '{value}'" if is_key else f"{name} is {_shown(value)}, which"
        return f"{subject} does not look right: expected {pattern_help(str(context['pattern']))}."
    if kind == "string_too_long":
        return f"{name} is longer than {context['max_length']} characters."
    if kind == "too_short":
        return f"{name} is empty; give at least {context['min_length']}."
    bounds = {
        "greater_than_equal": ("ge", "at least"),
        "greater_than": ("gt", "above"),
        "less_than_equal": ("le", "at most"),
    }
    if kind in bounds:
        key, words = bounds[kind]
        return f"{name} is {_shown(value)}; it must be {words} {context[key]}."
    return f"{name}: {error['msg'][:1].lower()}{error['msg'][1:]}."


def _shown(value: object) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"'{text}'"


def _type_name(value: object) -> str:
    names: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "a boolean"),
        (int, "a number"),
        (float, "a number"),
        (str, "text"),
        (list, "a list"),
        (dict, "a mapping"),
        (type(None), "empty"),
    )
    return next((words for types, words in names if isinstance(value, types)), type(value).__name__)


def _dotted(pointer: Pointer) -> str:
    return ".".join(str(part) for part in pointer) or "the environment"


def _in(pointer: Pointer) -> str:
    return f" in {_dotted(pointer)}" if pointer else ""


def _literal_values(expected: str) -> list[str]:
    return [part.strip().strip("'") for part in re.split(r",| or ", expected) if part.strip()]


def _model_at(pointer: Pointer) -> type[BaseModel] | None:
    """The pydantic model that describes the mapping at ``pointer``."""
    current: Any = Environment
    for part in pointer:
        current = _model_in(current)
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = next((f for n, f in current.model_fields.items() if part in (f.alias, n)), None)
            if field is None:
                return None
            current = field.annotation
        elif get_origin(current) is dict:
            current = get_args(current)[1]
        elif get_origin(current) is list:
            current = get_args(current)[0]
        else:
            return None
    current = _model_in(current)
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _model_in(annotation: Any) -> Any:
    """``annotation`` without ``| None``."""
    if get_origin(annotation) in (dict, list) or isinstance(annotation, type):
        return annotation
    return next((arg for arg in get_args(annotation) if arg is not type(None)), annotation)


def _keys_of(model: type[BaseModel] | None) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _field(pointer: Pointer) -> str:
    model = _model_at(pointer[:-1])
    if model is None:
        return ""
    field = next((f for n, f in model.model_fields.items() if pointer[-1] in (f.alias, n)), None)
    if field is None:
        return ""
    nested = _model_in(field.annotation)
    documented = nested.__doc__ if isinstance(nested, type) and issubclass(nested, BaseModel) else None
    return field.description or (documented or "").split("\n")[0]
