"""Values that JSON does not have, and what operators do to values whose type is only known when they run."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, Final

from nimfleet.schema.cel.errors import ERRORS, EvalError
from nimfleet.schema.quantity import Quantity

SECOND: Final = 10**9
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_UNITS: Final = {
    "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 10**6, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND,
}  # fmt: skip
_LONG_UNITS: Final = _UNITS | {"d": 24 * _UNITS["h"], "w": 168 * _UNITS["h"]}
_DURATION_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([a-zµμ]+)")
_TIMESTAMP: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?(Z|z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time in nanoseconds."""

    ns: int

    def __str__(self) -> str:
        sign, whole, rest = "-" if self.ns < 0 else "", *divmod(abs(self.ns), SECOND)
        return f"{sign}{whole}{f'.{rest:09}'.rstrip('0') if rest else ''}s"


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A moment, in nanoseconds since 1970 in UTC."""

    ns: int

    @property
    def date(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.ns // 1000)

    def __str__(self) -> str:
        rest = self.ns % SECOND
        return f"{self.date:%Y-%m-%dT%H:%M:%S}{f'.{rest:09}'.rstrip('0') if rest else ''}Z"


@dataclass(frozen=True, slots=True)
class Optional:
    """A value that may be missing."""

    value: Any = None
    present: bool = False


NONE: Final = Optional()


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as a value: what ``type(x)`` gives, and what ``int`` or ``string`` stand for."""

    name: str


def duration(text: str, *, long_units: bool = False) -> Duration:
    """``1h30m``; days and weeks only with ``long_units`` (the format ``duration`` of schemas has them).

    Raises:
        EvalError: not a duration.
    """
    units = _LONG_UNITS if long_units else _UNITS
    body = text[1:] if text[:1] in ("+", "-") else text
    total = Fraction(0)
    at = 0
    for match in _DURATION_PART.finditer(body):
        if match.start() != at or match[2] not in units:
            break
        total += Fraction(match[1]) * units[match[2]]
        at = match.end()
    if (at != len(body) or not body) and body != "0":
        raise EvalError(f"invalid duration `{text}`")
    return _duration(-int(total) if text[:1] == "-" else int(total))


def timestamp(text: str) -> Timestamp:
    """RFC 3339; a date alone is its midnight.

    Raises:
        EvalError: not a timestamp.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is not None:
        day, clock, fraction, zone = match.groups()
        zone = "+00:00" if zone in (None, "Z", "z") else zone
        try:
            moment = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{zone}")
        except ValueError:
            pass
        else:
            seconds = (moment - _EPOCH) // timedelta(seconds=1)
            return Timestamp(seconds * SECOND + int((fraction or "0").ljust(9, "0")))
    raise EvalError(f"invalid timestamp `{text}`")


def base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise EvalError(f"invalid base64 text: {error}") from error


_KINDS: Final[dict[type, str]] = {
    type(None): "null", bool: "bool", int: "int", float: "double", str: "string", bytes: "bytes",
    list: "list", dict: "map", Duration: "duration", Timestamp: "timestamp", TypeName: "type",
    Optional: "optional", Quantity: "quantity", IPv4Address: "ip", IPv6Address: "ip",
    IPv4Network: "cidr", IPv6Network: "cidr",
}  # fmt: skip
_TYPE_NAMES: Final = {
    "null": "null_type",
    "duration": "google.protobuf.Duration",
    "timestamp": "google.protobuf.Timestamp",
    "optional": "optional_type",
    "quantity": "kubernetes.Quantity",
    "ip": "net.IP",
    "cidr": "net.CIDR",
}
ORDERED: Final = frozenset(["bool", "int", "double", "string", "bytes", "duration", "timestamp"])


def kind_of(value: Any) -> str:
    """The kind (see :class:`nimfleet.schema.cel.types.Type`) of a value that is there."""
    return _KINDS[type(value)]


def type_name(kind: str) -> TypeName:
    return TypeName(_TYPE_NAMES.get(kind, kind))


def no_overload(name: str, *values: Any) -> EvalError:
    kinds = ", ".join(kind_of(value) for value in values)
    return EvalError(f"no such overload: {name}({kinds})")


def as_bool(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise no_overload("bool", value)


def int64(value: int) -> int:
    if _INT_MIN <= value <= _INT_MAX:
        return value
    raise EvalError("integer overflow")


def _duration(ns: int) -> Duration:
    if _INT_MIN <= ns <= _INT_MAX:
        return Duration(ns)
    raise EvalError("integer overflow")


def int_divide(left: int, right: int) -> int:
    """Truncates toward zero."""
    quotient = abs(left) // abs(right)
    return int64(quotient if (left < 0) == (right < 0) else -quotient)


def int_modulo(left: int, right: int) -> int:
    """Has the sign of the dividend."""
    if right == 0:
        raise EvalError("modulus by zero")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def double_divide(left: float, right: float) -> float:
    if right:
        return left / right
    if left == 0 or left != left:  # noqa: PLR0124 - NaN is what differs from itself
        return float("nan")
    negative = (left < 0) != (str(right)[0] == "-")
    return float("-inf") if negative else float("inf")


def add_set(left: list[Any], right: list[Any]) -> list[Any]:
    """``+`` of a list of type set: a union that keeps the order."""
    out = list(left)
    out.extend(item for item in right if not any(equal(item, other) for other in out))
    return out


ARITHMETIC: Final[dict[tuple[str, str, str], tuple[Callable[[Any, Any], Any], str]]] = {
    ("+", "int", "int"): (lambda a, b: int64(a + b), "int"),
    ("-", "int", "int"): (lambda a, b: int64(a - b), "int"),
    ("*", "int", "int"): (lambda a, b: int64(a * b), "int"),
    ("/", "int", "int"): (int_divide, "int"),
    ("%", "int", "int"): (int_modulo, "int"),
    ("+", "double", "double"): (lambda a, b: a + b, "double"),
    ("-", "double", "double"): (lambda a, b: a - b, "double"),
    ("*", "double", "double"): (lambda a, b: a * b, "double"),
    ("/", "double", "double"): (double_divide, "double"),
    ("+", "string", "string"): (lambda a, b: a + b, "string"),
    ("+", "bytes", "bytes"): (lambda a, b: a + b, "bytes"),
    ("+", "list", "list"): (lambda a, b: a + b, "list"),
    ("+", "duration", "duration"): (lambda a, b: _duration(a.ns + b.ns), "duration"),
    ("-", "duration", "duration"): (lambda a, b: _duration(a.ns - b.ns), "duration"),
    ("+", "timestamp", "duration"): (lambda a, b: Timestamp(a.ns + b.ns), "timestamp"),
    ("+", "duration", "timestamp"): (lambda a, b: Timestamp(a.ns + b.ns), "timestamp"),
    ("-", "timestamp", "duration"): (lambda a, b: Timestamp(a.ns - b.ns), "timestamp"),
    ("-", "timestamp", "timestamp"): (lambda a, b: _duration(a.ns - b.ns), "duration"),
}
"""Operator and kinds → function and the kind of its result."""


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """An operator on values of unknown type."""
    found = ARITHMETIC.get((operator, kind_of(left), kind_of(right)))
    if found is None:
        raise no_overload(f"_{operator}_", left, right)
    return found[0](left, right)


def negate(value: Any) -> Any:
    kind = kind_of(value)
    if kind not in ("int", "double"):
        raise no_overload("-_", value)
    return int64(-value) if kind == "int" else -value


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def compare(operator: str, left: Any, right: Any) -> bool:
    """An ordering of values of unknown type."""
    kinds = {kind_of(left), kind_of(right)}
    if kinds <= {"int", "double"} or (len(kinds) == 1 and kinds <= ORDERED):
        return _COMPARE[operator](left, right)
    raise no_overload(f"_{operator}_", left, right)


def equal(left: Any, right: Any) -> bool:
    """Equality of values of unknown type: of different kinds are never equal, numbers compare by value."""
    kind, other = kind_of(left), kind_of(right)
    if kind != other:
        return {kind, other} == {"int", "double"} and bool(left == right)
    if kind == "list":
        return len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right, strict=True))
    if kind == "map":
        return len(left) == len(right) and all(key in right and equal(left[key], right[key]) for key in left)
    if kind == "optional":
        return bool(left.present == right.present and (not left.present or equal(left.value, right.value)))
    return bool(left == right)


def contains(container: Any, item: Any) -> bool:
    """``item in container`` of unknown types."""
    kind = kind_of(container)
    if kind == "list":
        return any(equal(item, other) for other in container)
    if kind == "map":
        return not isinstance(item, list | dict) and item in container
    raise no_overload("_in_", item, container)


def select(value: Any, field: str) -> Any:
    """``value.field`` where the value or the field may be null."""
    if not isinstance(value, dict):
        raise no_overload("select", value)
    found = value.get(field)
    if found is None:
        raise KeyError(field)
    return found


def has_field(value: Any, field: str) -> bool:
    """``has(value.field)`` where the value may be null."""
    if not isinstance(value, dict):
        raise no_overload("has", value)
    return value.get(field) is not None


def index_list(value: list[Any], index: int) -> Any:
    """Python would count negative indices from the end."""
    if index < 0:
        raise IndexError(index)
    return value[index]


def index(value: Any, key: Any) -> Any:
    """``value[key]`` of unknown types."""
    kind, key_kind = kind_of(value), kind_of(key)
    if kind == "list" and key_kind == "int":
        return index_list(value, key)
    if kind == "map" and key_kind in ("string", "int", "bool"):
        return value[key]
    raise no_overload("_[_]", value, key)


def iterate(value: Any) -> Iterable[Any]:
    """What a macro ranges over: the items of a list, the keys of a map."""
    if isinstance(value, list | dict):
        return value
    raise no_overload("comprehension", value)


def absorbing_and(*operands: Callable[[], bool]) -> bool:
    """False when any operand is, whatever errors the others end in."""
    return _absorb(operands, stop=False)


def absorbing_or(*operands: Callable[[], bool]) -> bool:
    """True when any operand is, whatever errors the others end in."""
    return _absorb(operands, stop=True)


def absorbing_all(items: Iterable[Any], predicate: Callable[[Any], bool]) -> bool:
    return _absorb([_bind(predicate, item) for item in items], stop=False)


def absorbing_exists(items: Iterable[Any], predicate: Callable[[Any], bool]) -> bool:
    return _absorb([_bind(predicate, item) for item in items], stop=True)


def _bind(predicate: Callable[[Any], bool], item: Any) -> Callable[[], bool]:
    return lambda: predicate(item)


def _absorb(operands: Sequence[Callable[[], bool]], *, stop: bool) -> bool:
    failure: Exception | None = None
    for operand in operands:
        try:
            if operand() is stop:
                return stop
        except ERRORS as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return not stop


def optional_select(value: Any, field: str) -> Optional:
    """``value.?field``; passes through an optional."""
    if isinstance(value, Optional):
        if not value.present:
            return NONE
        value = value.value
    found = value.get(field) if isinstance(value, dict) else None
    return NONE if found is None else Optional(found, True)


def optional_index(value: Any, key: Any) -> Optional:
    """``value[?key]``; passes through an optional."""
    if isinstance(value, Optional):
        if not value.present:
            return NONE
        value = value.value
    try:
        return Optional(index(value, key), True)
    except LookupError:
        return NONE


def optional_value(value: Optional) -> Any:
    if not value.present:
        raise EvalError("optional.none() dereference")
    return value.value


def optional_map(value: Optional, body: Callable[[Any], Any], *, flat: bool) -> Optional:
    if not value.present:
        return NONE
    result = body(value.value)
    return result if flat else Optional(result, True)
