"""Texts that match a regular expression, made by chance."""

from __future__ import annotations

import random
import re
import warnings
from functools import lru_cache
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from re import _parser  # type: ignore[attr-defined]  # the only parser of patterns in the standard library

_FEW = 3
_CLASSES = {"CATEGORY_DIGIT": "0123456789", "CATEGORY_WORD": "abcXYZ019_", "CATEGORY_SPACE": " "}


def example(pattern: str, rng: random.Random) -> str:
    """A text that matches ``pattern`` (in most cases: assertions are passed over)."""
    return _sequence(_tree(pattern), rng)


@lru_cache(maxsize=2048)
def _tree(pattern: str) -> Any:
    return _parser.parse(re.sub(r"\\z", r"\\Z", re.sub(r"\(\?[a-z]+\)", "", pattern)))  # flags: they only allow more


def _sequence(items: Any, rng: random.Random) -> str:
    return "".join(_item(str(operation), argument, rng) for operation, argument in items)


def _item(operation: str, argument: Any, rng: random.Random) -> str:
    if operation == "LITERAL":
        return chr(argument)
    if operation == "NOT_LITERAL":
        return "b" if argument == ord("a") else "a"
    if operation == "ANY":
        return rng.choice("ab1-")
    if operation == "IN":
        return _one_of(argument, rng)
    if operation in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        low, high, part = argument
        high = min(int(high), int(low) + _FEW)
        return "".join(_sequence(part, rng) for _ in range(rng.randint(int(low), high)))
    if operation == "BRANCH":
        return _sequence(rng.choice(argument[1]), rng)
    if operation == "SUBPATTERN":
        return _sequence(argument[-1], rng)
    if operation == "CATEGORY":
        return rng.choice(_CLASSES.get(str(argument), "a"))
    return ""


def _one_of(items: Any, rng: random.Random) -> str:
    if str(items[0][0]) == "NEGATE":
        taken = {chr(argument) for operation, argument in items[1:] if str(operation) == "LITERAL"}
        return next(char for char in "a1b-~" if char not in taken)
    operation, argument = rng.choice(items)
    if str(operation) == "RANGE":
        return chr(rng.randint(argument[0], argument[1]))
    return _item(str(operation), argument, rng)
