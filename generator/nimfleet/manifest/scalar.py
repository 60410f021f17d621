"""Plain scalars as the API server reads them: go-yaml v2's resolver, then sigs.k8s.io/yaml's trip through
JSON.

This is neither YAML 1.1 as PyYAML reads it nor YAML 1.2: ``y`` and ``on`` are booleans, ``0o17`` and
``017`` are octal, ``1_000`` is a number, ``12:30:45`` and dates are text, and whole floats become integers.
"""

from __future__ import annotations

import base64
import binascii
import re
from decimal import Decimal
from functools import lru_cache

Scalar = str | int | float | bool | None

_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_DOT_FLOAT = re.compile(r"\.[0-9]+([eE][-+]?[0-9]+)?")
_INT64 = 1 << 63
_UINT64 = 1 << 64
_LONGEST_NUMBER = 1000
"""Longer digits are text for the server too (out of range), and Python refuses to convert them."""

_PREFIX = "tag:yaml.org,2002:"
_HINTS = frozenset("yYnNtTfFoO~+-.0123456789")


class ScalarError(ValueError):
    """A scalar with an explicit tag that its text does not fit."""


def resolve(text: str, tag: str | None) -> Scalar:
    """Value of a plain or tagged scalar (a quoted one without a tag is its text and needs no resolving).

    Raises:
        ScalarError: ``text`` is not what its explicit ``tag`` says.
    """
    if tag is None:
        if text and text[0] not in _HINTS:
            return text
        return _plain(text)
    if not tag.startswith(_PREFIX):
        return text
    name = tag[len(_PREFIX) :]
    if name == "binary":
        return _binary(text)
    if name not in {"int", "float", "bool", "null"}:
        return text
    value = _plain(text)
    fits = {
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, int | float) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
        "null": value is None,
    }
    if not fits[name]:
        raise ScalarError(f"this value is not of the type that its tag !!{name} says")
    return value


@lru_cache(maxsize=8192)
def _plain(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    first = text[0]
    if first == ".":
        return _float(text) if _DOT_FLOAT.fullmatch(text) else text
    if first not in "+-0123456789":
        return text
    plain = text.replace("_", "")
    if match := _INTEGER.fullmatch(plain):
        sign, hexadecimal, binary, octal, decimal = match.groups()
        number = (
            int(hexadecimal, 16)
            if hexadecimal
            else int(binary, 2)
            if binary
            else int(octal, 8)
            if octal
            else int(decimal)
        )
        if -_INT64 <= (signed := -number if sign == "-" else number) < _INT64:
            return signed
        if not sign and number < _UINT64:
            # Beyond int64 the server's JSON decoder falls back to a float.
            return float(number)
    return _float(plain) if _FLOAT.fullmatch(plain) else text


def _float(text: str) -> Scalar:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        return text
    # JSON writes floats below 1e21 in full, but with the fewest digits that tell them from others and zeros after
    # those. So a whole one is read back as an integer when that fits int64, and -2**63 does not.
    if number.is_integer() and -_INT64 <= number < _INT64:
        return int(Decimal(repr(number)))
    return number


def _binary(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as error:
        raise ScalarError("!!binary value is not base64") from error


def key_text(text: str, tag: str | None, plain: bool) -> str:
    """A scalar key as it is called in JSON, where every key is text: ``yes: 1`` has the key ``"true"``.

    Raises:
        ScalarError: the key is null, or does not fit its tag.
    """
    value = resolve(text, tag) if plain or tag is not None else text
    if isinstance(value, str):
        return value
    if value is None:
        raise ScalarError("a key is null; keys must be text")
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)
