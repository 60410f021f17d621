"""Places in a text, and where each value of a YAML document is written."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave it out
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamStartEvent,
)

from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.scalar import key_text

Slice = tuple[int, int, int]
"""Start and end of a document in its file's text, and how many lines come before the start."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text; both count from 1."""

    line: int
    column: int


@lru_cache(maxsize=64)
def places(text: str, extent: Slice) -> Mapping[Pointer, Position]:
    """Place of each mapping value's key and of each sequence item in one document; of a key set twice, the
    first.

    Values behind an alias or a merge key have no place of their own. A document that breaks off has the
    places before.
    """
    start, end, lines = extent
    found: dict[Pointer, Position] = {}
    with contextlib.suppress(yaml.YAMLError):
        _collect(CParser(text[start:end]), lines, found)
    return found


def _collect(parser: Any, lines: int, found: dict[Pointer, Position]) -> None:
    # One entry an open collection: [pointer, next index, or None in a mapping, pointer of the value a key
    # announced]
    stack: list[list[Any]] = []
    while True:
        event = parser.get_event()
        kind = type(event)
        if kind is StreamStartEvent or kind is DocumentStartEvent:
            continue
        if kind is MappingEndEvent or kind is SequenceEndEvent:
            stack.pop()
            continue
        if kind is DocumentEndEvent:
            return
        place = Position(lines + event.start_mark.line + 1, event.start_mark.column + 1)
        pointer: Pointer
        if not stack:
            pointer = ()
            found[()] = place
        else:
            top = stack[-1]
            if top[1] is not None:
                pointer = (*top[0], top[1])
                top[1] += 1
                found.setdefault(pointer, place)
            elif top[2] is None:
                text = key_text(event.value, event.tag, event.implicit[0]) if kind is ScalarEvent else "?"
                top[2] = pointer = (*top[0], text)
                found.setdefault(pointer, place)
            else:
                pointer, top[2] = top[2], None
        if kind is MappingStartEvent:
            stack.append([pointer, None, None])
        elif kind is SequenceStartEvent:
            stack.append([pointer, 0, None])
