"""The string formats that the API server enforces, judged as its Go library does (k8s.io/kube-openapi
strfmt).

Every other ``format`` of a CRD is documentation to the server, so the converter drops it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Interface,
    IPv6Address,
    IPv6Interface,
    NetmaskValueError,
)
from typing import Final
from urllib.parse import urlsplit

from nimfleet.schema.quantity import parse_quantity

_DATE_TIME: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.,][0-9]+)?"
    r"(Z|z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?"
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BYTE: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_DURATION: Final = re.compile(r"[+-]?(?:[0-9]*\.?[0-9]+\s*(?:ns|us|µs|ms|s|m|h|d|w)\s*)+|0")
_HOSTNAME: Final = re.compile(
    r"(?=.{1,255}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?"
)
_EMAIL: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")
_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date_time(text: str) -> bool:
    match = _DATE_TIME.fullmatch(text)
    return match is not None and _is_date(match["date"])


def _is_uri(text: str) -> bool:
    """A request URI: absolute with a scheme, or a rooted path."""
    if not text or any(char <= " " or char == "\x7f" for char in text):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.scheme) or text.startswith("/")


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except (AddressValueError, NetmaskValueError, ValueError):
            return False
        return True

    return check


def _is_cidr(text: str) -> bool:
    return "/" in text and (_parses(IPv4Interface)(text) or _parses(IPv6Interface)(text))


def _is_base64(text: str) -> bool:
    """As Go decodes the bytes of Kubernetes' own kinds: line breaks do not count."""
    return _BYTE.fullmatch(text.replace("\n", "").replace("\r", "")) is not None


ENFORCED: Final[dict[str, Callable[[str], bool]]] = {
    "byte": lambda text: bool(text) and _BYTE.fullmatch(text) is not None,
    "cidr": _is_cidr,
    "date": _is_date,
    "date-time": _is_date_time,
    "datetime": _is_date_time,
    "duration": lambda text: _DURATION.fullmatch(text) is not None,
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "hostname": lambda text: _HOSTNAME.fullmatch(text) is not None,
    "ipv4": _parses(IPv4Address),
    "ipv6": _parses(IPv6Address),
    "mac": lambda text: _MAC.fullmatch(text) is not None,
    "uri": _is_uri,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
}

CORE_BYTE, CORE_QUANTITY = "core-byte", "core-quantity"
"""Formats that only the schemas of Kubernetes' own kinds have, where nimfleet writes them."""

FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    **ENFORCED,
    CORE_BYTE: _is_base64,
    CORE_QUANTITY: lambda text: parse_quantity(text.strip(" ")) is not None,
}
