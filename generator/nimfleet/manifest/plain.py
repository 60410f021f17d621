"""A fast way through plain manifests: block mappings and lists, one scalar a line.

Nearly all that is in GitOps repositories is written so, and the lines repeat themselves. Each line is
understood once and remembered; what follows is bookkeeping of indents. Whatever is not certainly plain (block
scalars, flow collections, anchors, tags, several lines of one scalar, anything wrong) is left to the real
parser, which alone decides what is wrong. Tests hold both against each other.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from nimfleet.manifest.scalar import ScalarError, key_text, resolve

UNSURE: Final = object()
"""The document is not plain: ask the parser."""

# What YAML calls printable, without the characters that it takes for line breaks or a byte order mark.
_ANY = "[ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_LINE = re.compile(
    rf"( *)(?:-( +))?(?:([A-Za-z0-9_][A-Za-z0-9_./-]*):(?: +((?! ){_ANY}+))?|((?! ){_ANY}+))",
)
_BLANK = re.compile(rf" *(?:#{_ANY}*)?")
_STARTS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./$(+~=^;<\\")
_LONGEST = 1000
_MAX_DEPTH = 100
_REMEMBERED = 50_000

_NOTHING: Final = object()  # no value on the line: what follows is the value, or null
_MAPPING: Final = object()
_LIST: Final = object()
_Line = tuple[int, bool, int, str | None, Any]  # indent, with dash, indent of what is behind it, key, value
_SKIP: Final[_Line] = (-1, False, 0, None, None)

_lines: dict[str, _Line | None] = {}


def plain(text: str) -> Any:
    """The value of the one document in ``text`` (without markers), None when it holds nothing, or
    :data:`UNSURE`."""
    root: dict[str, Any] = {}
    current: Any = root
    indent = 0
    stack: list[tuple[Any, int]] = []
    waiting: str | None = None  # the key of `current` that has no value yet
    known = _lines
    for line in text.split("\n"):
        try:
            understood = known[line]
        except KeyError:
            understood = _understand(line)
        if understood is None:
            return UNSURE
        if understood is _SKIP:
            continue
        here, dash, inner, key, value = understood
        if waiting is not None:
            if here > indent or (dash and here == indent):
                if len(stack) >= _MAX_DEPTH:
                    return UNSURE
                stack.append((current, indent))
                opened: Any = [] if dash else {}
                current[waiting] = opened
                current, indent = opened, here
            waiting = None
        while indent != here or dash is not (current.__class__ is list):
            if indent < here or not stack:
                return UNSURE
            current, indent = stack.pop()
        if value is _MAPPING:
            value = {}
        elif value is _LIST:
            value = []
        if dash:
            if key is None:
                current.append(value)
                continue
            stack.append((current, indent))
            opened = {}
            current.append(opened)
            current, indent = opened, inner
        if key in current:
            return UNSURE
        if value is _NOTHING:
            waiting = key
            value = None
        current[key] = value
    return root or None


def _understand(line: str) -> _Line | None:
    understood = _read(line)
    if len(_lines) >= _REMEMBERED:
        _lines.clear()
    _lines[line] = understood
    return understood


def _read(line: str) -> _Line | None:
    if _BLANK.fullmatch(line):
        return _SKIP
    match = _LINE.fullmatch(line)
    if match is None or len(line) > _LONGEST or line[-1] == " ":
        return None
    spaces, gap, name, value, item = match.groups()
    here = len(spaces)
    inner = here + 1 + len(gap) if gap else here
    if name is None:
        content = _value(item) if gap else None
        return None if content is None else (here, True, inner, None, content[0])
    try:
        key = key_text(name, None, True)
    except ScalarError:
        return None
    if value is None:
        return (here, bool(gap), inner, key, _NOTHING)
    content = _value(value)
    return None if content is None else (here, bool(gap), inner, key, content[0])


def _value(text: str) -> tuple[Any] | None:
    """The value in a tuple, None when it is not plain."""
    first = text[0]
    if first in "\"'":
        inside = text[1:-1]
        closed = len(text) > 1 and text[-1] == first and first not in inside
        return (inside,) if closed and not (first == '"' and "\\" in inside) else None
    if text == "{}":
        return (_MAPPING,)
    if text == "[]":
        return (_LIST,)
    if not (first in _STARTS or (first == "-" and len(text) > 1 and text[1] != " ")):
        return None
    if ": " in text or " #" in text or text[-1] == ":" or text.startswith(("---", "...")):
        return None
    value = resolve(text, None)
    return None if value.__class__ is float and not math.isfinite(value) else (value,)
