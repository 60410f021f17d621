"""From the C parser's events to plain values, in one pass, refusing what the API server's strict decoder
refuses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave it out
from yaml.events import (
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.reader import ReaderError

from nimfleet.manifest.plain import UNSURE, plain
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.position import Position, Slice, places
from nimfleet.manifest.scalar import ScalarError, key_text, resolve

MAX_DEPTH = 200
"""Nesting beyond which a document is refused; Python's own recursion limit is near, and no manifest is."""
MAX_DUPLICATES = 100
"""Duplicate keys reported of one text."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAKS = ("\r", "\x85", "\u2028", "\u2029", "\ufeff")
_MARKER = re.compile(r"^---$", re.MULTILINE)
_CONTENT = re.compile(r"^(?! *(?:#|$))", re.MULTILINE)
_MERGE_TAG = "tag:yaml.org,2002:merge"
_NO_KEY = object()
_MERGE = object()


class Broken:
    """What is wrong, and where: line and column count from 1, ``offset`` is where in the text the parser
    gave up.

    ``offset`` is None when the rest of the text can still be read.
    """

    __slots__ = ("message", "offset", "place")

    def __init__(self, place: Position, message: str, offset: int | None) -> None:
        self.place = place
        self.message = message
        self.offset = offset


class _RefusedError(Exception):
    """Well-formed YAML that is still no value the server would take."""

    def __init__(self, mark: yaml.Mark, message: str) -> None:
        self.mark = mark
        self.message = message
        super().__init__(message)


class Duplicate:
    """A key that is written twice in one mapping: where, and where first (None when that cannot be told)."""

    __slots__ = ("first", "place", "pointer")

    def __init__(self, pointer: Pointer, place: Position) -> None:
        self.pointer = pointer
        self.place = place
        self.first: Position | None = None


class Decoded:
    """Value of one document, the place of its first token, its extent in the text, and its duplicate keys."""

    __slots__ = ("duplicates", "extent", "place", "value")

    def __init__(self, value: Any, place: Position, extent: Slice, duplicates: list[Duplicate]) -> None:
        self.value = value
        self.place = place
        self.extent = extent
        self.duplicates = duplicates


def decode(text: str, start: int, lines: int) -> Iterator[Decoded | Broken]:
    """Documents of ``text[start:]``; ``lines`` lines come before. A ``Broken`` with an offset is always the
    last."""
    tail = text[start:] if start else text
    parser: Any = CParser(tail)
    try:
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            if isinstance(event, StreamStartEvent):
                continue
            begun = start + event.start_mark.index
            before = lines + event.start_mark.line
            place = _place(parser.peek_event().start_mark, lines)
            builder = _Builder(parser, lines)
            try:
                value = builder.build()
            except _RefusedError as refused:
                yield Broken(_place(refused.mark, lines), refused.message, None)
                while not isinstance(parser.get_event(), DocumentEndEvent):
                    pass
                continue
            extent = (begun, start + parser.get_event().end_mark.index, before)
            for duplicate in builder.duplicates:
                duplicate.first = places(text, extent).get(duplicate.pointer)
            yield Decoded(value, place, extent, builder.duplicates)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        offset = start + mark.index if mark else len(text)
        yield Broken(_place(mark, lines) if mark else Position(lines + 1, 1), _words(error, lines), offset)
    except ReaderError:
        yield _forbidden(text, start)


def decode_plain(text: str) -> list[Decoded] | None:
    """The documents of ``text``, fast, when each of them is without fault; else None: see :func:`decode`."""
    starts = [match.start() for match in _MARKER.finditer(text)]
    if _unusual(text, len(starts)):
        return None
    edges = [*starts, len(text)]
    found: list[Decoded] = []
    head = text[: edges[0]]
    if _CONTENT.search(head):
        if not _add_plain(found, head, 0, 0, 0):
            return None
    elif plain(head) is UNSURE:
        return None  # comments with characters that no text may have
    lines = head.count("\n")
    for start, end in zip(starts, edges[1:], strict=True):
        part = text[start:end]
        if not _add_plain(found, part, start, lines, 3):
            return None
        lines += part.count("\n")
    return found


def _unusual(text: str, markers: int) -> bool:
    """Whether there are more markers than the ``markers`` that have their line to themselves, directives, or characters that
    only the parser counts right. Searches for fixed text are far faster than one pattern."""
    if any(character in text for character in (_LINE_BREAKS[:1] if text.isascii() else _LINE_BREAKS)):
        return True
    whole = f"\n{text}\n"
    return "\n%" in whole or "\n..." in whole or whole.count("\n---") != markers


def _add_plain(found: list[Decoded], part: str, start: int, lines: int, marker: int) -> bool:
    """Add the one document in ``part``, which begins with a marker of that length; False when it has a
    fault."""
    value = plain(part[marker:])
    if value is UNSURE:
        for outcome in decode(part, 0, lines):
            if isinstance(outcome, Broken) or outcome.duplicates:
                return False
            begun, end, before = outcome.extent
            found.append(Decoded(outcome.value, outcome.place, (start + begun, start + end, before), []))
        return True
    content = _CONTENT.search(part, marker)
    place = Position(lines + part.count("\n", 0, content.start()) + 1, 1) if content else Position(lines + 1, 4)
    if marker or content is None:
        extent = (start, start + len(part), lines)
    else:
        extent = (start + content.start(), start + len(part), place.line - 1)
    found.append(Decoded(value, place, extent, []))
    return True


class _Frame:
    """A mapping or sequence that is being filled."""

    __slots__ = ("anchor", "container", "counted", "key", "mark", "merged")

    def __init__(self, container: Any, anchor: str | None, counted: int, mark: yaml.Mark) -> None:
        self.container = container
        self.anchor = anchor
        self.counted = counted
        self.mark = mark
        self.key: Any = _NO_KEY
        self.merged: set[str] = set()


class _Builder:
    """Builds the value of one document from the parser's next events."""

    def __init__(self, parser: Any, lines: int) -> None:
        self._parser = parser
        self._lines = lines
        self._anchors: dict[str, tuple[Any, int, int]] = {}  # value, nodes in it, levels in it
        self._open: set[str] = set()
        self._decoded = 0
        self._aliased = 0
        self.duplicates: list[Duplicate] = []

    def build(self) -> Any:
        """The root node's value. Leaves the document's end event in the parser."""
        stack: list[_Frame] = []
        next_event = self._parser.get_event
        while True:
            event = next_event()
            kind = type(event)
            mark = event.start_mark
            self._decoded += 1
            if kind is ScalarEvent:
                if stack and stack[-1].key is _NO_KEY and stack[-1].container.__class__ is dict:
                    self._key(stack, event)
                    continue
                value = self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if stack and stack[-1].key is _NO_KEY and stack[-1].container.__class__ is dict:
                    what = "mapping" if kind is MappingStartEvent else "list"
                    raise _RefusedError(mark, f"a key is a {what}; keys must be text")
                if len(stack) >= MAX_DEPTH:
                    raise _RefusedError(mark, f"nested deeper than {MAX_DEPTH} levels")
                if event.anchor is not None:
                    self._open.add(event.anchor)
                container: Any = {} if kind is MappingStartEvent else []
                stack.append(_Frame(container, event.anchor, self._decoded, mark))
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                done = stack.pop()
                value, mark = done.container, done.mark
                if done.anchor is not None:
                    self._open.discard(done.anchor)
                    self._anchors[done.anchor] = (value, self._decoded - done.counted, _levels(value))
            else:
                value = self._alias(event, len(stack))
            if not stack:
                return value
            frame = stack[-1]
            container = frame.container
            if container.__class__ is list:
                container.append(value)
            elif frame.key is _NO_KEY:
                raise _RefusedError(mark, "a key is an alias to something that is not text")
            else:
                if frame.key is _MERGE:
                    _merge(frame, value, mark)
                else:
                    container[frame.key] = value
                frame.key = _NO_KEY

    def _scalar(self, event: Any) -> Any:
        value: Any = event.value
        if event.implicit[0] or event.tag is not None:
            try:
                value = resolve(value, event.tag)
            except ScalarError as error:
                raise _RefusedError(event.start_mark, str(error)) from error
            if value.__class__ is float and not math.isfinite(value):
                raise _RefusedError(event.start_mark, f"`{event.value}` has no JSON form: no server accepts it")
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1, 0)
        return value

    def _key(self, stack: list[_Frame], event: Any) -> None:
        frame = stack[-1]
        plain = event.implicit[0]
        if event.value == "<<" and (plain or event.tag == _MERGE_TAG):
            frame.key = _MERGE
            return
        try:
            key = key_text(event.value, event.tag, plain)
        except ScalarError as error:
            raise _RefusedError(event.start_mark, str(error)) from error
        if event.anchor is not None:
            self._anchors[event.anchor] = (key, 1, 0)
        frame.key = key
        if key in frame.container:
            if key in frame.merged:
                frame.merged.discard(key)
            elif len(self.duplicates) < MAX_DUPLICATES:
                self.duplicates.append(Duplicate(_pointer(stack), _place(event.start_mark, self._lines)))

    def _alias(self, event: Any, depth: int) -> Any:
        name = event.anchor
        if name in self._open:
            raise _RefusedError(event.start_mark, f"anchor '{name}' contains itself")
        if name not in self._anchors:
            # Its name is not told: it may be a password that begins with an asterisk and lacks its quotes.
            words = "this alias refers to an anchor that does not exist; text that begins with `*` needs quotes"
            raise _RefusedError(event.start_mark, words)
        value, nodes, levels = self._anchors[name]
        self._decoded += nodes
        self._aliased += nodes
        # go-yaml's own bound, so that a bomb is refused before it is expanded.
        if self._aliased > 100 and self._decoded > 1000 and self._aliased / self._decoded > self._allowed():
            raise _RefusedError(event.start_mark, "document contains excessive aliasing (an alias bomb)")
        if depth + levels > MAX_DEPTH:
            raise _RefusedError(event.start_mark, f"nested deeper than {MAX_DEPTH} levels")
        return _clone(value)

    def _allowed(self) -> float:
        few, many = 400_000, 4_000_000
        if self._decoded <= few:
            return 0.99
        if self._decoded >= many:
            return 0.10
        return 0.99 - 0.89 * (self._decoded - few) / (many - few)


def _merge(frame: _Frame, value: Any, mark: yaml.Mark) -> None:
    sources = value if isinstance(value, list) else [value]
    for source in sources:
        if not isinstance(source, dict):
            raise _RefusedError(mark, "a merge key (<<) takes a mapping or a list of mappings")
        for key, item in source.items():
            if key not in frame.container:
                frame.container[key] = item
                frame.merged.add(key)


def _pointer(stack: list[_Frame]) -> Pointer:
    """Pointer of the key that the innermost mapping has just been given."""
    return tuple(
        len(frame.container) if frame.container.__class__ is list else "<<" if frame.key is _MERGE else frame.key
        for frame in stack
    )


def _clone(value: Any) -> Any:
    if value.__class__ is dict:
        return {key: _clone(item) for key, item in value.items()}
    if value.__class__ is list:
        return [_clone(item) for item in value]
    return value


def _levels(value: Any) -> int:
    if value.__class__ is dict:
        return 1 + max(map(_levels, value.values()), default=0)
    if value.__class__ is list:
        return 1 + max(map(_levels, value), default=0)
    return 0


def _place(mark: yaml.Mark, lines: int) -> Position:
    return Position(lines + mark.line + 1, mark.column + 1)


def _words(error: yaml.MarkedYAMLError, lines: int) -> str:
    message = f"not valid YAML: {error.problem or 'it breaks off'}"
    if error.context and error.context_mark and error.problem_mark:
        began = lines + error.context_mark.line + 1
        if error.context_mark.line != error.problem_mark.line:
            return f"{message} ({error.context}, which began on line {began})"
        return f"{message} ({error.context})"
    return message


def _forbidden(text: str, start: int) -> Broken:
    match = _FORBIDDEN.search(text, start)
    offset = match.start() if match else start
    place = Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
    character = f"U+{ord(match.group()):04X}" if match else "in it"
    # Nothing after it can be read either: the parser looks at characters far ahead.
    return Broken(place, f"not valid YAML: character {character} is not allowed; is this a text file?", len(text))
