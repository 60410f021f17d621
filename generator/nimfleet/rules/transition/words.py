"""Words that several rules share."""

from __future__ import annotations

from collections.abc import Sequence

from nimfleet.rules.transition.change import Applied

_SHOWN = 3


def some(found: Sequence[Applied]) -> str:
    """A few of the objects by name, and how many more there are."""
    names = sorted(str(item.id) for item in found)
    more = len(names) - _SHOWN
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def count(number: int, word: str = "object") -> str:
    """``1 object``, ``2 objects``."""
    return f"{number} {word}{'' if number == 1 else 's'}"
