"""What several kinds have in common: ports, names, selectors, and the words for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer, dotted
from nimfleet.schema.metadata import label_key_problem, label_value_problem
from nimfleet.schema.quantity import Quantity, parse_quantity

Problem = tuple[Pointer, str]
Object = Mapping[str, Any]

LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_1035: Final = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
SUBDOMAIN: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
CONFIG_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_PORT_NAME: Final = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
LEADING_ZEROS: Final = re.compile(r"(?<![0-9])0+(?=[0-9])")
_PERCENT: Final = re.compile(r"[0-9]+%")

PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
LABEL_WORDS: Final = (
    "must be a DNS label: at most 63 lower case letters, digits and `-`, beginning and ending with no `-`"
)
PORT_NAME_WORDS: Final = (
    "must be a port name: at most 15 lower case letters, digits and single `-`, with at least one letter"
)


def say(pointer: Pointer, text: str) -> Problem:
    return pointer, f"{dotted(pointer)} {text}"


def mapping(value: Any) -> Object:
    """``value`` when it is a mapping, and an empty one for null and for what is missing."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def quantity(value: Any) -> Quantity | None:
    """A quantity as Go decodes it, which takes null for zero and does not mind spaces around it."""
    return parse_quantity("0" if value is None else str(value).strip(" "))


def one_of(value: Any, options: Collection[str], pointer: Pointer) -> Iterator[Problem]:
    """An empty value is defaulted, so it is no problem here."""
    if value and value not in options:
        shown = ", ".join(f"`{option}`" for option in options)
        yield say(pointer, f"must be one of {shown}, found `{value}`")


def not_negative(owner: Object, names: Collection[str], where: Pointer) -> Iterator[Problem]:
    for name in names:
        value = owner.get(name)
        if isinstance(value, int) and value < 0:
            yield say((*where, name), f"must not be negative, found {value}")


def port_number(value: Any, pointer: Pointer) -> Iterator[Problem]:
    if isinstance(value, int) and not 1 <= value <= 65535:
        yield say(pointer, f"must be between 1 and 65535, found {value}")


def port_name(value: str, pointer: Pointer) -> Iterator[Problem]:
    if not _PORT_NAME.fullmatch(value):
        yield say(pointer, f"{PORT_NAME_WORDS}, found `{value}`")


def port(value: Any, pointer: Pointer) -> Iterator[Problem]:
    """A port by number or by name."""
    if isinstance(value, str):
        yield from port_name(value, pointer)
    else:
        yield from port_number(value, pointer)


def amount(value: Any, pointer: Pointer) -> Iterator[Problem]:
    """A count or a percentage of pods."""
    if isinstance(value, str) and not _PERCENT.fullmatch(value):
        yield say(pointer, f"must be a number or a percentage such as `25%`, found `{value}`")
    elif isinstance(value, int) and value < 0:
        yield say(pointer, f"must not be negative, found {value}")


def percent(value: Any) -> int | None:
    """The number of ``25%``; None for anything else."""
    return int(value[:-1]) if isinstance(value, str) and _PERCENT.fullmatch(value) else None


def cidr(value: str, pointer: Pointer) -> Iterator[Problem]:
    address, _, width = value.partition("/")
    if ":" not in address:
        address = LEADING_ZEROS.sub("", address)  # the server has always taken them
    try:
        if not width.isdigit():
            raise ValueError
        ip_network(f"{address}/{width}", strict=False)
    except ValueError:
        yield say(pointer, f"must be a CIDR such as `10.0.0.0/8`, found `{value}`")


def unique(values: Collection[Any], where: Pointer, key: str) -> Iterator[Problem]:
    """``values`` are the items' values of ``key`` in order; empty ones do not count."""
    seen: dict[Any, int] = {}
    for index, value in enumerate(values):
        if value and seen.setdefault(value, index) != index:
            yield say((*where, index, key), f"`{value}` is used before, by {dotted((*where, seen[value]))}")


def labels(value: Any, where: Pointer) -> Iterator[Problem]:
    for key, text in mapping(value).items():
        if problem := label_key_problem(key):
            yield (*where, key), f"label key `{key}` {problem}"
        if isinstance(text, str) and (problem := label_value_problem(text)):
            yield (*where, key), f"value `{text}` of label `{key}` {problem}"


def selector(value: Any, where: Pointer) -> Iterator[Problem]:
    """A label selector."""
    owner = mapping(value)
    yield from labels(owner.get("matchLabels"), (*where, "matchLabels"))
    for index, entry in enumerate(items(owner.get("matchExpressions"))):
        yield from requirement(mapping(entry), (*where, "matchExpressions", index), numeric=False)


def requirement(entry: Object, where: Pointer, *, numeric: bool, strict: bool = True) -> Iterator[Problem]:
    """One expression of a label selector or, with ``numeric``, of a node selector. Without ``strict``, the values
    may be no labels."""
    operator, values, key = entry.get("operator"), items(entry.get("values")), entry.get("key")
    operators = ("In", "NotIn", "Exists", "DoesNotExist", *(("Gt", "Lt") if numeric else ()))
    if operator not in operators:
        shown = ", ".join(f"`{option}`" for option in operators)
        yield say((*where, "operator"), f"must be one of {shown}, found `{operator or ''}`")
    elif operator in ("In", "NotIn") and not values:
        yield say((*where, "values"), f"must not be empty when the operator is {operator}")
    elif operator in ("Exists", "DoesNotExist") and values:
        yield say((*where, "values"), f"must be empty when the operator is {operator}")
    elif operator in ("Gt", "Lt") and len(values) != 1:
        yield say((*where, "values"), f"must hold one value when the operator is {operator}")
    if isinstance(key, str | None) and (problem := label_key_problem(key or "")):
        yield (*where, "key"), f"label key `{key or ''}` {problem}"
    if operator in ("In", "NotIn") and strict:
        for index, text in enumerate(values):
            if isinstance(text, str) and (problem := label_value_problem(text)):
                yield say((*where, "values", index), f"{problem}, found `{text}`")


def selects(value: Any, its_labels: Any) -> bool:
    """Whether a label selector matches labels."""
    owner, have = mapping(value), {key: text or "" for key, text in mapping(its_labels).items()}
    if any(have.get(key) != (text or "") for key, text in mapping(owner.get("matchLabels")).items()):
        return False
    for entry in map(mapping, items(owner.get("matchExpressions"))):
        key, operator, values = str(entry.get("key")), str(entry.get("operator")), items(entry.get("values"))
        holds = {
            "In": have.get(key) in values if key in have else False,
            "NotIn": have.get(key) not in values,
            "Exists": key in have,
            "DoesNotExist": key not in have,
        }
        if not holds.get(operator, True):
            return False
    return True


def node_term(term: Object, where: Pointer, *, strict: bool = True) -> Iterator[Problem]:
    """One term of a node selector."""
    for index, entry in enumerate(items(term.get("matchExpressions"))):
        yield from requirement(mapping(entry), (*where, "matchExpressions", index), numeric=True, strict=strict)
    for index, entry in enumerate(items(term.get("matchFields"))):
        field, place = mapping(entry), (*where, "matchFields", index)
        values = items(field.get("values"))
        if field.get("operator") not in ("In", "NotIn"):
            yield say((*place, "operator"), f"must be one of `In`, `NotIn`, found `{field.get('operator') or ''}`")
        elif len(values) != 1:
            yield say((*place, "values"), f"must hold one value, found {len(values)}")
        if field.get("key") != "metadata.name":
            yield say((*place, "key"), f"must be `metadata.name`, found `{field.get('key') or ''}`")
        elif not all(SUBDOMAIN.fullmatch(str(value or "")) for value in values):
            yield say((*place, "values"), "must hold names of nodes")
