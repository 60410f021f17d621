"""Whether one name is another one misspelt, which is more than that they look alike.

``llama-8b`` and ``llama-70b``, ``server-a`` and ``server-b`` are two names; ``ngc-secret`` and ``ngc-secrets``, or ``llama-8b``
and ``llama8b``, are probably one.
"""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[-_./]")
_DIGITS = re.compile(r"\d+")


def misspelt(one: str, other: str) -> bool:
    """Whether the names differ only in case and separators, or in one word of four letters or more by one letter (two, from
    seven letters on); names with other numbers are other names."""
    if one == other or abs(len(one) - len(other)) > 3 or _DIGITS.findall(one) != _DIGITS.findall(other):
        return False
    one, other = one.casefold(), other.casefold()
    if _SEPARATORS.sub("", one) == _SEPARATORS.sub("", other):
        return True
    words, others = _SEPARATORS.split(one), _SEPARATORS.split(other)
    if len(words) != len(others):
        return False
    differing = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    if len(differing) != 1:
        return False
    shorter = min(map(len, differing[0]))
    return shorter >= 4 and distance(*differing[0]) <= (2 if shorter >= 7 else 1)


def distance(one: str, other: str) -> int:
    """How many letters have to be put in, left out, replaced, or swapped with their neighbour to make one of the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
