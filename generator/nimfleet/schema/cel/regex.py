"""Regular expressions as CEL has them: RE2 syntax, linear time, an unanchored search.

The only module that knows the RE2 binding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from nimfleet.schema.cel.errors import EvalError

_CACHE = 4096


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Any:
    """The compiled pattern.

    Raises:
        EvalError: not RE2 syntax.
    """
    import re2  # noqa: PLC0415 - native code that most documents never need

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace")
        raise EvalError(f"invalid regular expression `{pattern}`: {reason}") from error


def matches(text: str, pattern: str) -> bool:
    """Whether ``pattern`` occurs anywhere in ``text``."""
    return compile_pattern(pattern).search(text) is not None


def find(text: str, pattern: str) -> str:
    """The first match, or the empty string."""
    match = compile_pattern(pattern).search(text)
    return "" if match is None else str(match.group(0))


def find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    """All matches from left to right, at most ``limit`` when that is not negative.

    Like Go, an empty match right behind another match does not count.
    """
    out: list[str] = []
    last = -1
    for match in compile_pattern(pattern).finditer(text):
        if 0 <= limit <= len(out):
            break
        if match.end() == match.start() == last:
            continue
        last = match.end()
        out.append(match.group(0))
    return out


def cached(function: Callable[[str, str], Any], pattern: str) -> Callable[[str], Any]:
    """``function`` for one constant pattern, remembering answers: the same labels come again and again."""
    return lru_cache(maxsize=_CACHE)(lambda text: function(text, pattern))
