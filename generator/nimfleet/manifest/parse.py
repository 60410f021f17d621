"""Strict YAML as the API server decodes it, fast, with positions on demand.

No node tree is kept, because garbage collection makes parsing super-linear when trees stay alive. A
document remembers its slice of the text, and a position is found by going through that slice again:
findings are rare.
"""

from __future__ import annotations

import marshal
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nimfleet.errors import Problem
from nimfleet.manifest.decode import Broken, Decoded, decode, decode_plain
from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.pointer import Pointer, to_json_pointer
from nimfleet.manifest.position import Position, Slice, places

__all__ = ["Document", "ParseProblem", "ParseResult", "Position", "parse"]

MAX_DOCUMENTS = 100_000
"""Documents read of one file."""
MAX_PROBLEMS = 100
"""Problems reported of one file; a file with more is not YAML that somebody will read through."""

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: [^\n]*)?$", re.MULTILINE)
_NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ParseProblem(Problem):
    """A problem of the text itself; ``code`` is ``syntax``, ``duplicate-key`` or ``conflict-marker``."""

    code: str = "syntax"


class Document:
    """One manifest (or other YAML document) of a file.

    ``index`` counts the file's documents from 0; the items of a ``kind: List`` share theirs. ``line`` is
    where the document's value begins. ``value`` is made of dict, list, str, int, float, bool and None; it
    must not be changed, and may be another equal one each time.
    """

    __slots__ = ("_extent", "_packed", "_prefix", "_source", "_value", "file", "id", "index", "line")

    def __init__(
        self,
        file: str,
        index: int,
        value: Any,
        id: ObjectId | None,
        line: int,
        source: str,
        extent: Slice,
        prefix: Pointer = (),
        packed: bytes | None = None,
    ) -> None:
        self.file = file
        self.index = index
        self.id = id
        self.line = line
        self._value = value
        self._packed = packed
        self._source = source
        self._extent = extent
        self._prefix = prefix

    def __repr__(self) -> str:
        return f"Document({self.file}, {self.index}, {self.id})"

    @property
    def value(self) -> Any:
        """What is written in the document."""
        return self._value if self._packed is None else _unpacked(self._packed)

    @property
    def identity_text(self) -> str:
        """Text that two documents share only when their values are the same."""
        return f"{self._prefix}{self.text}" if self._prefix else self.text

    def packed(self) -> Document:
        """The same document in a tenth of the memory, for where there are very many."""
        if self._packed is not None:
            return self
        return Document(
            self.file,
            self.index,
            None,
            self.id,
            self.line,
            self._source,
            self._extent,
            self._prefix,
            marshal.dumps(self._value),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process, which has the text: see :meth:`with_source`."""
        own = self.id
        name = None if own is None else (own.group, own.version, own.kind, own.namespace, own.name)
        packed = self.packed()._packed
        return (_revived, (self.file, self.index, name, self.line, self._extent, self._prefix, packed))

    def with_source(self, text: str) -> None:
        """Give a document that comes from another process its file's text back."""
        self._source = text.removeprefix("\ufeff")

    def position(self, pointer: Pointer) -> Position:
        """Where the key or item at ``pointer`` is written; the nearest parent's place when it is not
        written."""
        written = places(self._source, self._extent)
        pointer = self._prefix + pointer
        for length in range(len(pointer), -1, -1):
            place = written.get(pointer[:length])
            if place is None and length:
                # RFC 6901 text cannot tell a key that looks like a number from an index.
                place = written.get((*pointer[: length - 1], str(pointer[length - 1])))
            if place is not None:
                return place
        return Position(self.line, 1)

    @property
    def span(self) -> tuple[int, int]:
        """Where the document (the whole list, for an item of one) begins and ends in the text of its file, a byte order
        mark not counted."""
        return self._extent[0], self._extent[1]

    @property
    def text(self) -> str:
        """The YAML text of the document (of the whole list, for an item of one)."""
        return self._source[self._extent[0] : self._extent[1]]


@dataclass(frozen=True, slots=True)
class ParseResult:
    """Documents and problems of one file; both may be there, as what follows a broken document is still
    read."""

    documents: tuple[Document, ...]
    problems: tuple[ParseProblem, ...]


@lru_cache(maxsize=1024)
def _unpacked(packed: bytes) -> Any:
    return marshal.loads(packed)  # noqa: S302 - packed by this process or a fork of it


def _revived(
    file: str,
    index: int,
    name: tuple[str, str, str, str, str] | None,
    line: int,
    extent: Slice,
    prefix: Pointer,
    packed: bytes,
) -> Document:
    identity = None if name is None else ObjectId(*map(sys.intern, name))
    return Document(file, index, None, identity, line, "", extent, prefix, packed)


def parse(text: str, file: str) -> ParseResult:
    """Read every document of ``text``; ``file`` is only carried along. Never raises for what the text
    holds."""
    text = text.removeprefix("\ufeff")
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        marker = conflict.group()[:40].strip()
        message = f"unresolved merge conflict (`{marker}`): keep one side and delete the marker lines"
        return ParseResult((), (ParseProblem(file, line, 1, "", message, "conflict-marker"),))
    documents: list[Document] = []
    problems: list[ParseProblem] = []
    if text.count("\n---") > MAX_DOCUMENTS:
        message = f"more than {MAX_DOCUMENTS} documents in one file; nothing of it is read"
        return ParseResult((), (ParseProblem(file, 1, 1, "", message),))
    fast = decode_plain(text)
    if fast is not None:
        for number, decoded in enumerate(fast):
            documents.extend(_unpack(text, file, number, decoded))
        return ParseResult(tuple(documents), ())
    start = lines = index = 0
    while True:
        gave_up: int | None = None
        for outcome in decode(text, start, lines):
            if isinstance(outcome, Broken):
                place = outcome.place
                problems.append(ParseProblem(file, place.line, place.column, "", outcome.message))
                gave_up = outcome.offset
            else:
                problems.extend(_duplicates(outcome, file))
                documents.extend(_unpack(text, file, index, outcome))
            index += 1
        if gave_up is None or len(problems) >= MAX_PROBLEMS:
            break
        # The parser cannot go on after an error, but the next document's start is known.
        following = _NEXT_DOCUMENT.search(text, max(gave_up, start + 1))
        if following is None:
            break
        lines += text.count("\n", start, following.start())
        start = following.start()
    return ParseResult(tuple(documents), tuple(problems[:MAX_PROBLEMS]))


def _duplicates(decoded: Decoded, file: str) -> Iterator[ParseProblem]:
    for duplicate in decoded.duplicates:
        earlier = f"is already set on line {duplicate.first.line}" if duplicate.first else "is set twice"
        message = f"key `{duplicate.pointer[-1]}` {earlier}; keep one of the two"
        pointer = to_json_pointer(duplicate.pointer)
        yield ParseProblem(file, duplicate.place.line, duplicate.place.column, pointer, message, "duplicate-key")


def _unpack(text: str, file: str, index: int, decoded: Decoded) -> Iterator[Document]:
    """The document itself, or the items of a ``List`` (of any kind, as Flux and kubectl unpack them)."""
    value, extent = decoded.value, decoded.extent
    if value is None:
        return
    identity = ObjectId.of(value)
    items = value.get("items") if identity is not None and identity.kind.endswith("List") else None
    if not isinstance(items, list):
        yield Document(file, index, value, identity, decoded.place.line, text, extent)
        return
    written = places(text, extent)
    for number, item in enumerate(items):
        prefix = ("items", number)
        line = written.get(prefix, decoded.place).line
        yield Document(file, index, item, ObjectId.of(item), line, text, extent, prefix)
