"""Globs over paths of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@lru_cache(maxsize=1024)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """The expression that a whole path (relative to the root, POSIX) fits when ``pattern`` covers it.

    ``*`` and ``?`` stay within a folder, ``**`` crosses folders, and a pattern that fits a folder covers
    what is below it.
    """
    trimmed = pattern.removeprefix("./").rstrip("/")
    body = "".join(_MEANINGS.get(part) or re.escape(part) for part in _PARTS.findall(trimmed))
    return re.compile(f"{body}(?:/.*)?", re.DOTALL)


def covers(patterns: Iterable[str], path: str) -> bool:
    """Whether one of ``patterns`` covers ``path``."""
    return any(compile_glob(pattern).fullmatch(path) for pattern in patterns)
