"""The functions of CEL as Kubernetes has it (k8s.io/apiserver, pkg/cel/environment): the standard library,
strings, lists, regular expressions, sets, quantities, IP addresses, CIDRs, durations and timestamps.

What is not in :data:`OVERLOADS` is refused by name when a schema is imported.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from nimfleet.schema.cel import regex, types, values
from nimfleet.schema.cel.errors import EvalError
from nimfleet.schema.cel.types import (
    BOOL,
    BYTES,
    CIDR,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    IP,
    QUANTITY,
    STRING,
    TIMESTAMP,
    Type,
    list_of,
)
from nimfleet.schema.cel.values import SECOND, Duration, Optional, Timestamp, TypeName, int64
from nimfleet.schema.quantity import Quantity, parse_quantity

Result = Type | Callable[[tuple[Type, ...]], Type]


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature. ``kinds`` are those of the arguments, the receiver first; ``any`` takes all.

    ``inline`` is Python code with ``{0}``, ``{1}`` … for the arguments, as a faster spelling of ``run``.
    """

    kinds: tuple[str, ...]
    result: Result
    run: Callable[..., Any]
    inline: str = ""

    def type(self, args: tuple[Type, ...]) -> Type:
        return self.result if isinstance(self.result, Type) else self.result(args)


OVERLOADS: Final[dict[tuple[str, bool], list[Overload]]] = defaultdict(list)
"""(name, whether it is a method) → signatures."""


def _function(name: str, kinds: str, result: Result, run: Callable[..., Any], inline: str = "") -> None:
    OVERLOADS[name, False].append(Overload(tuple(kinds.split()), result, run, inline))


def _method(name: str, kinds: str, result: Result, run: Callable[..., Any], inline: str = "") -> None:
    OVERLOADS[name, True].append(Overload(tuple(kinds.split()), result, run, inline))


def call(name: str, method: bool, *args: Any) -> Any:
    """A function on values of unknown type."""
    kinds = [values.kind_of(arg) for arg in args]
    for overload in OVERLOADS[name, method]:
        if len(overload.kinds) == len(kinds) and all(
            want in ("any", kind) for want, kind in zip(overload.kinds, kinds, strict=True)
        ):
            return overload.run(*args)
    raise values.no_overload(name, *args)


# Sizes

for _kind in ("string", "bytes", "list", "map"):
    _function("size", _kind, INT, len, "len({0})")
    _method("size", _kind, INT, len, "len({0})")


# Strings (cel-go, ext/strings). Positions count code points.


def _range(text: str, start: int, end: int) -> str:
    if start > end:
        raise EvalError(f"invalid substring range. start: {start}, end: {end}")
    for position in (start, end):
        if not 0 <= position <= len(text):
            raise EvalError(f"index out of range: {position}")
    return text[start:end]


def _char_at(text: str, position: int) -> str:
    if not 0 <= position <= len(text):
        raise EvalError(f"index out of range: {position}")
    return text[position : position + 1]


def _index_of(text: str, part: str, start: int = 0) -> int:
    if not part:
        return start
    if not 0 <= start < len(text):
        if start == 0:
            return -1
        raise EvalError(f"index out of range: {start}")
    return text.find(part, start)


def _last_index_of(text: str, part: str, start: int | None = None) -> int:
    if not part:
        return len(text) if start is None else start
    if start is None:
        return text.rfind(part)
    if not 0 <= start < len(text):
        raise EvalError(f"index out of range: {start}")
    return text.rfind(part, 0, start + len(part))


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if not separator:
        letters = list(text)
        return letters if limit < 0 or len(letters) <= limit else [*letters[: limit - 1], text[limit - 1 :]]
    return text.split(separator) if limit < 0 else text.split(separator, limit - 1)


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    return text.replace(old, new, max(limit, -1))


def _strings(items: list[Any]) -> list[str]:
    if all(isinstance(item, str) for item in items):
        return items
    raise values.no_overload("join", items)


_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" \
    "\u2028\u2029\u202f\u205f\u3000"  # fmt: skip
_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}

_method("startsWith", "string string", BOOL, str.startswith, "{0}.startswith({1})")
_method("endsWith", "string string", BOOL, str.endswith, "{0}.endswith({1})")
_method("contains", "string string", BOOL, lambda text, part: part in text, "({1} in {0})")
_method("charAt", "string int", STRING, _char_at)
_method("indexOf", "string string", INT, _index_of)
_method("indexOf", "string string int", INT, _index_of)
_method("lastIndexOf", "string string", INT, _last_index_of)
_method("lastIndexOf", "string string int", INT, _last_index_of)
_method("lowerAscii", "string", STRING, lambda text: text.translate(_LOWER))
_method("upperAscii", "string", STRING, lambda text: text.translate(_UPPER))
_method("replace", "string string string", STRING, _replace, "{0}.replace({1}, {2})")
_method("replace", "string string string int", STRING, _replace)
_method("split", "string string", list_of(STRING), _split)
_method("split", "string string int", list_of(STRING), _split)
_method("substring", "string int", STRING, lambda text, start: _range(text, start, max(start, len(text))))
_method("substring", "string int int", STRING, _range)
_method("trim", "string", STRING, lambda text: text.strip(_SPACE))
_method("join", "list", STRING, lambda items: "".join(_strings(items)))
_method("join", "list string", STRING, lambda items, separator: separator.join(_strings(items)))
_method("matches", "string string", BOOL, regex.matches)
_function("matches", "string string", BOOL, regex.matches)
_method("find", "string string", STRING, regex.find)
_method("findAll", "string string", list_of(STRING), regex.find_all)
_method("findAll", "string string int", list_of(STRING), regex.find_all)


# Format strings; codegen refuses those that are not literal, and the clauses that differ between versions.

_CLAUSE: Final = re.compile(r"%(?:\.(\d+))?(.)", re.DOTALL)
FORMAT_CLAUSES: Final = frozenset("%sdfbxXo")


def format_clauses(template: str) -> list[str]:
    """The letters of the clauses of a format string."""
    return [match[2] for match in _CLAUSE.finditer(template)]


def _format(template: str, args: list[Any]) -> str:
    remaining = iter(args)

    def clause(match: re.Match[str]) -> str:
        if match[2] == "%":
            return "%"
        try:
            return _clause(match[2], match[1], next(remaining))
        except StopIteration:
            raise EvalError("index out of range: too few arguments to format") from None

    return _CLAUSE.sub(clause, template)


def _clause(letter: str, precision: str | None, value: Any) -> str:
    kind = values.kind_of(value)
    if letter == "s" and kind not in ("list", "map", "optional", "quantity", "ip", "cidr"):
        return "null" if kind == "null" else value.name if kind == "type" else to_string(value)
    if letter == "d" and kind == "int":
        return str(value)
    if letter == "f" and kind == "double":
        return f"{value:.{int(precision or 6)}f}"
    if letter == "b" and kind in ("int", "bool"):
        return f"{int(value):b}"
    if letter in ("x", "X") and kind in ("int", "string", "bytes"):
        return f"{value:{letter}}" if kind == "int" else _hex(value, letter)
    if letter == "o" and kind == "int":
        return f"{value:o}"
    raise values.no_overload(f"%{letter}", value)


def _hex(value: str | bytes, letter: str) -> str:
    text = (value.encode() if isinstance(value, str) else value).hex()
    return text.upper() if letter == "X" else text


_method("format", "string list", STRING, _format)


# Conversions

_INT_TEXT: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DOUBLE_TEXT: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:inf(?:inity)?)|nan", re.A | re.I
)
_BOOLEANS: Final = {
    **dict.fromkeys(["1", "t", "T", "TRUE", "true", "True"], True),
    **dict.fromkeys(["0", "f", "F", "FALSE", "false", "False"], False),
}  # fmt: skip


def _int(value: str) -> int:
    if _INT_TEXT.fullmatch(value):
        return int64(int(value))
    raise EvalError(f"cannot convert `{value}` to int")


def _int_of_double(value: float) -> int:
    if -(2.0**63) < value < 2.0**63:
        return int(value)
    raise EvalError("integer overflow")


def _double(value: str) -> float:
    if _DOUBLE_TEXT.fullmatch(value):
        return float(value)
    raise EvalError(f"cannot convert `{value}` to double")


def _bool(value: str) -> bool:
    if value in _BOOLEANS:
        return _BOOLEANS[value]
    raise EvalError(f"cannot convert `{value}` to bool")


def _decode(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise EvalError("invalid UTF-8 in bytes, cannot convert to string") from error


def double_text(value: float) -> str:
    """As Go's ``%g``: the shortest digits that read back, with an exponent below 1e-4 and from 1e6 on."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
        return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"  # noqa: PLR0124 - as above
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)
    minus = "-" if sign else ""
    if value and not -4 <= point - 1 < 6:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        return f"{minus}{text[0]}{fraction}e{'-' if point < 1 else '+'}{abs(point - 1):02}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{text}" if value else f"{minus}0"
    whole = text[:point].ljust(point, "0")
    return f"{minus}{whole}.{text[point:]}" if len(text) > point else f"{minus}{whole}"


def to_string(value: Any) -> str:
    match values.kind_of(value):
        case "string":
            return str(value)
        case "bool":
            return "true" if value else "false"
        case "double":
            return double_text(value)
        case "bytes":
            return _decode(value)
        case _:
            return str(value)


_function("int", "int", INT, int, "{0}")
_function("int", "double", INT, _int_of_double)
_function("int", "string", INT, _int)
_function("int", "timestamp", INT, lambda moment: moment.ns // SECOND)
_function("int", "duration", INT, lambda length: length.ns)
_function("double", "double", DOUBLE, float, "{0}")
_function("double", "int", DOUBLE, float)
_function("double", "string", DOUBLE, _double)
_function("bool", "bool", BOOL, bool, "{0}")
_function("bool", "string", BOOL, _bool)
_function("bytes", "bytes", BYTES, bytes, "{0}")
_function("bytes", "string", BYTES, str.encode)
for _kind in ("string", "bool", "int", "double", "bytes", "timestamp", "duration"):
    _function("string", _kind, STRING, to_string)
_function("string", "ip", STRING, str)
_function("string", "cidr", STRING, str)
_function("duration", "duration", DURATION, lambda value: value, "{0}")
_function("duration", "string", DURATION, values.duration)
_function("timestamp", "timestamp", TIMESTAMP, lambda value: value, "{0}")
_function("timestamp", "string", TIMESTAMP, values.timestamp)
_function("timestamp", "int", TIMESTAMP, lambda seconds: Timestamp(seconds * SECOND))
_function("type", "any", types.TYPE, lambda value: values.type_name(values.kind_of(value)))
_function("dyn", "any", DYN, lambda value: value, "{0}")


# Times. Without a time zone argument the accessors speak UTC; those with one are not here.


def _whole(length: Duration, unit: int) -> int:
    return values.int_divide(length.ns, unit)


_ACCESSORS: Final[dict[str, Callable[[Timestamp], int]]] = {
    "getFullYear": lambda moment: moment.date.year,
    "getMonth": lambda moment: moment.date.month - 1,
    "getDate": lambda moment: moment.date.day,
    "getDayOfMonth": lambda moment: moment.date.day - 1,
    "getDayOfWeek": lambda moment: moment.date.isoweekday() % 7,
    "getDayOfYear": lambda moment: moment.date.timetuple().tm_yday - 1,
    "getHours": lambda moment: moment.date.hour,
    "getMinutes": lambda moment: moment.date.minute,
    "getSeconds": lambda moment: moment.date.second,
    "getMilliseconds": lambda moment: moment.ns // 10**6 % 1000,
}
for _name, _accessor in _ACCESSORS.items():
    _method(_name, "timestamp", INT, _accessor)
_method("getHours", "duration", INT, partial(_whole, unit=3600 * SECOND))
_method("getMinutes", "duration", INT, partial(_whole, unit=60 * SECOND))
_method("getSeconds", "duration", INT, partial(_whole, unit=SECOND))
_method("getMilliseconds", "duration", INT, lambda length: values.int_divide(length.ns, 10**6) % 1000)


# Lists (k8s.io/apiserver, pkg/cel/library/lists)


def _item(args: tuple[Type, ...]) -> Type:
    return args[0].item or DYN


def _is_sorted(items: list[Any]) -> bool:
    return all(values.compare("<=", a, b) for a, b in itertools.pairwise(items))


def _sum(items: list[Any]) -> Any:
    if not items:
        return 0
    total = items[0]
    for item in items[1:]:
        total = values.arithmetic("+", total, item)
    if values.kind_of(total) not in ("int", "double", "duration"):
        raise values.no_overload("sum", items)
    return total


def _extreme(items: list[Any], *, name: str, operator: str) -> Any:
    if not items:
        raise EvalError(f"{name} called on empty list")
    best = items[0]
    for item in items[1:]:
        if values.compare(operator, item, best):
            best = item
    return best


def _position(items: list[Any], item: Any) -> int:
    return next((at for at, other in enumerate(items) if values.equal(other, item)), -1)


def _last_position(items: list[Any], item: Any) -> int:
    return next((at for at in range(len(items) - 1, -1, -1) if values.equal(items[at], item)), -1)


_method("isSorted", "list", BOOL, _is_sorted)
_method("sum", "list", _item, _sum)
_method("min", "list", _item, partial(_extreme, name="min", operator="<"))
_method("max", "list", _item, partial(_extreme, name="max", operator=">"))
_method("indexOf", "list any", INT, _position)
_method("lastIndexOf", "list any", INT, _last_position)


# Sets (cel-go, ext/sets)


def _set_contains(left: list[Any], right: list[Any]) -> bool:
    return all(values.contains(left, item) for item in right)


_function("sets.contains", "list list", BOOL, _set_contains)
_function("sets.equivalent", "list list", BOOL, lambda a, b: _set_contains(a, b) and _set_contains(b, a))
_function("sets.intersects", "list list", BOOL, lambda a, b: any(values.contains(a, item) for item in b))


# Quantities (k8s.io/apiserver, pkg/cel/library/quantity)


def _quantity(text: str) -> Quantity:
    found = parse_quantity(text)
    if found is None:
        raise EvalError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    return found


def _as_integer(quantity: Quantity) -> int:
    if quantity.integer is None:
        raise EvalError("cannot convert value to integer")
    return quantity.integer


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


_function("quantity", "string", QUANTITY, _quantity)
_function("isQuantity", "string", BOOL, lambda text: parse_quantity(text) is not None)
_method("sign", "quantity", INT, lambda a: _sign(a.value))
_method("isInteger", "quantity", BOOL, lambda a: a.integer is not None)
_method("asInteger", "quantity", INT, _as_integer)
_method("asApproximateFloat", "quantity", DOUBLE, lambda a: float(a.value))
_method("isGreaterThan", "quantity quantity", BOOL, lambda a, b: a.value > b.value)
_method("isLessThan", "quantity quantity", BOOL, lambda a, b: a.value < b.value)
_method("compareTo", "quantity quantity", INT, lambda a, b: _sign(a.value - b.value))
_method("add", "quantity quantity", QUANTITY, lambda a, b: Quantity(a.value + b.value))
_method("add", "quantity int", QUANTITY, lambda a, b: Quantity(a.value + b))
_method("sub", "quantity quantity", QUANTITY, lambda a, b: Quantity(a.value - b.value))
_method("sub", "quantity int", QUANTITY, lambda a, b: Quantity(a.value - b))


# IP addresses and CIDRs (k8s.io/apiserver, pkg/cel/library/ip and cidr): no zones, no IPv4 mapped into IPv6

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _ip(text: str) -> Address:
    try:
        address = ip_address(text)
    except ValueError as error:
        raise EvalError(f"IP Address {text!r} parse error during conversion from string: {error}") from error
    if isinstance(address, IPv6Address) and (address.ipv4_mapped or address.scope_id):
        raise EvalError(f"IP Address {text!r}: IPv4-mapped addresses and zones are not allowed")
    return address


def _cidr(text: str) -> Network:
    """Only networks without host bits: what the library says of others differs between its versions."""
    address, slash, width = text.partition("/")
    if not slash or not _INT_TEXT.fullmatch(width) or (width != "0" and not "1" <= width[0] <= "9"):
        raise EvalError(f"network address parse error during conversion from string: {text!r}")
    _ip(address)
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise EvalError(f"network address parse error during conversion from string: {error}") from error


def _parses(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except EvalError:
        return False
    return True


def _inside(network: Network, other: Network) -> bool:
    return network.version == other.version and other.subnet_of(network)  # type: ignore[arg-type] # same version


_function("ip", "string", IP, _ip)
_function("isIP", "string", BOOL, partial(_parses, _ip))
_function("ip.isCanonical", "string", BOOL, lambda text: str(_ip(text)) == text)
_method("family", "ip", INT, lambda address: address.version)
_method("isUnspecified", "ip", BOOL, lambda address: address.is_unspecified)
_method("isLoopback", "ip", BOOL, lambda address: address.is_loopback)
_function("cidr", "string", CIDR, _cidr)
_function("isCIDR", "string", BOOL, partial(_parses, _cidr))
_method("prefixLength", "cidr", INT, lambda network: network.prefixlen)
_method("containsIP", "cidr ip", BOOL, lambda network, address: address in network)
_method("containsIP", "cidr string", BOOL, lambda network, text: _ip(text) in network)
_method("containsCIDR", "cidr cidr", BOOL, _inside)
_method("containsCIDR", "cidr string", BOOL, lambda network, text: _inside(network, _cidr(text)))


# Optionals (cel-go, OptionalTypes)


def _optional_of(args: tuple[Type, ...]) -> Type:
    return Type("optional", args[0])


def _or_value(value: Optional, default: Any) -> Any:
    return value.value if value.present else default


_function("optional.of", "any", _optional_of, lambda value: Optional(value, True))
_function("optional.none", "", Type("optional"), lambda: values.NONE)
_method("hasValue", "optional", BOOL, lambda value: value.present, "{0}.present")
_method("value", "optional", _item, values.optional_value)
_method("orValue", "optional any", lambda args: args[0].item or args[1], _or_value)
_method(
    "or", "optional optional", lambda args: args[0] if args[0].item else args[1], lambda a, b: a if a.present else b
)

NAMESPACES: Final = frozenset(name.split(".")[0] for name, _ in OVERLOADS if "." in name)
"""Names that, followed by a dot and a call, are part of the function's name."""

TYPE_NAMES: Final = {
    name: TypeName(name)
    for name in ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")
}
"""Types as values, by the name that expressions use."""
