"""Suppressions in the comments of a YAML file: ``# nimfleet: ignore family/rule -- why``."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

_MARK = "nimfleet:"
_COMMENT = re.compile(r"(?:(?<=\s)|(?<![^\n]))#[ \t]*nimfleet:[ \t]*(?P<verb>\S*)[ \t]*(?P<rest>[^\n]*)")
_REASON = re.compile(r"(?:^|\s)--(?:\s+|$)")
_SEPARATOR = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Comment:
    """One suppression. ``line`` and ``column`` (from 1) are where it is written, ``target`` is the line that
    it is about; ``rules`` and ``reason`` may be empty, ``verb`` something else than ``ignore``: both are for
    others to judge."""

    file: str
    line: int
    column: int
    target: int
    verb: str
    rules: tuple[str, ...]
    reason: str


def comments(text: str, file: str) -> tuple[Comment, ...]:
    """The suppressions in ``text``, in order.

    A comment at the end of a line is about that line; one that has its line to itself is about the next line
    that is not a comment. What looks like one inside of a value (a block of text) is none.
    """
    if _MARK not in text:
        return ()
    candidates = list(_COMMENT.finditer(text))
    if not candidates:
        return ()
    scalars = deque(_scalars(text))
    below = _next_lines(text)
    found = []
    number, beginning = 1, 0
    for match in candidates:
        start = match.start()
        number += text.count("\n", beginning, start)
        beginning = text.rfind("\n", beginning, start) + 1 or beginning
        while scalars and scalars[0][1] <= start:
            scalars.popleft()
        if scalars and scalars[0][0] <= start:
            continue
        alone = not text[beginning:start].strip()
        rest = _REASON.split(match["rest"].rstrip("\r"), maxsplit=1)
        found.append(
            Comment(
                file=file,
                line=number,
                column=start - beginning + 1,
                target=below[number - 1] if alone else number,
                verb=match["verb"],
                rules=tuple(dict.fromkeys(rule for rule in _SEPARATOR.split(rest[0]) if rule)),
                reason=rest[1].strip() if len(rest) > 1 else "",
            )
        )
    return tuple(found)


def _next_lines(text: str) -> list[int]:
    """Of each line, the number (from 1) of the next one that is not a comment."""
    lines = text.split("\n")
    following = [0] * len(lines)
    target = len(lines) + 1
    for index in range(len(lines) - 1, -1, -1):
        following[index] = target
        if not lines[index].lstrip().startswith("#"):
            target = index + 1
    return following


def _scalars(text: str) -> Iterator[tuple[int, int]]:
    """Where values are, up to the first place that is not YAML: comments have no place in them."""
    import yaml  # noqa: PLC0415 - few files have suppressions

    try:
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if isinstance(token, yaml.ScalarToken):
                yield token.start_mark.index, token.end_mark.index
    except yaml.YAMLError:
        return
