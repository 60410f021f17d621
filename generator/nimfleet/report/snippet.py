"""The part of a source line that is shown, and where its caret goes."""

from __future__ import annotations

from nimfleet.report.words import printable, width

_WIDEST = 120
"""Columns of a line that are shown; of a longer one, the part around the caret."""
_BEFORE_CARET = 60


def window(line: str, column: int) -> tuple[str, int]:
    """The part of a line around ``column`` (from 0) as it can be printed, and how far right the caret must
    go: tabs are one column wide here, wide characters two, combining ones none."""
    column = min(column, len(line))
    first = max(column - _WIDEST, 0)
    text = printable(line[first : column + _WIDEST])
    middle = column - first
    start = 0
    if first or width(text) > _WIDEST:
        start = middle
        while start > 0 and width(text[start - 1 : middle]) <= _BEFORE_CARET:
            start -= 1
    end = min(len(text), start + _WIDEST)
    while end > middle and width(text[start:end]) > _WIDEST:
        end -= 1
    left = "\N{HORIZONTAL ELLIPSIS}" if first + start else ""
    right = "\N{HORIZONTAL ELLIPSIS}" if first + end < len(line) else ""
    return f"{left}{text[start:end]}{right}", len(left) + width(text[start:middle])
