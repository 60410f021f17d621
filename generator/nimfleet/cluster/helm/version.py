"""Versions of charts as people write them: exact ones, ranges, and what is neither."""

from __future__ import annotations

import re

_EXACT = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_PART = re.compile(r"v?\d+(\.\d+)?")
_WORD = re.compile(r"[A-Za-z]+(?:[-_.][A-Za-z]+)*")
_FIRST = re.compile(r"[^0-9]*(\d+)")


def is_exact(version: str) -> bool:
    """Whether Helm reads ``version`` as one version: three numbers, perhaps with ``v``, pre-release or build."""
    return _EXACT.fullmatch(version) is not None


def is_part(version: str) -> bool:
    """Whether ``version`` is the beginning of one, such as ``1.14``."""
    return _PART.fullmatch(version) is not None


def is_word(version: str) -> bool:
    """Whether it is a word such as ``latest``, which is neither a version nor a range."""
    return _WORD.fullmatch(version) is not None and version.casefold() != "x"


def is_variable(version: str) -> bool:
    """Whether a variable stands for it that nothing here defines."""
    return "${" in version


def same(one: str, other: str) -> bool:
    """Whether two exact versions are the same, with or without ``v``."""
    return is_exact(one) and one.removeprefix("v") == other.removeprefix("v")


def same_major(version: str, known: str) -> bool:
    """Whether ``version``, exact or a range, begins with the first number of ``known``; any version does when it is empty or
    ``*``."""
    first, other = _FIRST.match(version), _FIRST.match(known)
    return first is None or (other is not None and first[1] == other[1])
