"""Suppressions in the comments of a YAML file: ``# nimfleet: ignore family/rule -- why``."""

from __future__ import annotations

import re
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
    scalars = list(_scalars(text))
    lines = text.split("\n")
    found = []
    for match in candidates:
        start = match.start()
        if any(first <= start < end for first, end in scalars):
            continue
        number = text.count("\n", 0, start)
        column = start - text.rfind("\n", 0, start)
        rest = _REASON.split(match["rest"].rstrip("\r"), maxsplit=1)
        found.append(
            Comment(
                file=file,
                line=number + 1,
                column=column,
                target=_target(lines, number, column),
                verb=match["verb"],
                rules=tuple(dict.fromkeys(rule for rule in _SEPARATOR.split(rest[0]) if rule)),
                reason=rest[1].strip() if len(rest) > 1 else "",
            )
        )
    return tuple(found)


def _target(lines: list[str], number: int, column: int) -> int:
    """The line (from 1) that a comment at ``number`` (from 0) is about."""
    if lines[number][: column - 1].strip():
        return number + 1
    below = number + 1
    while below < len(lines) and lines[below].lstrip().startswith("#"):
        below += 1
    return below + 1


def _scalars(text: str) -> Iterator[tuple[int, int]]:
    """Where values are, up to the first place that is not YAML: comments have no place in them."""
    import yaml  # noqa: PLC0415 - few files have suppressions

    try:
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if isinstance(token, yaml.ScalarToken):
                yield token.start_mark.index, token.end_mark.index
    except yaml.YAMLError:
        return
