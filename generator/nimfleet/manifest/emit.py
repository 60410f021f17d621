"""Deterministic block-style YAML from plain objects.

The subset is what Kubernetes objects need: mappings with text keys, lists, text, numbers, booleans, null. Keys keep the order
they were given in. A text is written plain only when every YAML reader takes it for text, YAML 1.1 readers and go-yaml
included; otherwise in double quotes, or as a literal block when it has lines. ruamel.yaml writes about 250 objects a second
and a fleet has thousands: hence our own, proven against ruamel.yaml and libyaml by round trips.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from io import StringIO

# Starts with a letter, '/', './' or '_'; no indicator that could begin a comment, a key or a flow collection.
_PLAIN = re.compile(r"(?:\./|[A-Za-z_/])[A-Za-z0-9_./@+=,()-]*(?:[: ]?[A-Za-z0-9_./@+=,()-]+)*")
_QUANTITY = re.compile(r"[0-9]+(?:Mi|Gi|Ti|m|s|h|h[0-9]+m)")
# Words that some reader takes for a boolean, a null or a number.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan", "infinity"})
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]")

Value = object


def dump(value: Mapping[str, Value]) -> str:
    """One document, starting with ``---`` and ending with a newline.

    Raises:
        TypeError: a value (or key) is of a type that YAML manifests do not have.
    """
    out = StringIO()
    out.write("---\n")
    if value:
        _mapping(out, value, 0)
    else:
        out.write("{}\n")
    return out.getvalue()


def dump_all(values: Iterable[Mapping[str, Value]]) -> str:
    """Several documents, one after the other."""
    return "".join(dump(value) for value in values)


def _mapping(out: StringIO, value: Mapping[str, Value], indent: int, first: str | None = None) -> None:
    pad = "  " * indent
    lead = pad if first is None else first
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"mapping key {key!r} is not text")
        out.write(lead)
        out.write(_scalar_text(key))
        out.write(":")
        _value(out, item, indent)
        lead = pad


def _sequence(out: StringIO, value: Sequence[Value], indent: int, first: str | None = None) -> None:
    pad = "  " * indent
    lead = pad if first is None else first
    for item in value:
        out.write(lead)
        out.write("-")
        if isinstance(item, Mapping) and item:
            _mapping(out, item, indent + 1, first=" ")
        elif isinstance(item, list | tuple) and item:
            _sequence(out, item, indent + 1, first=" ")
        else:
            _value(out, item, indent)
        lead = pad


def _value(out: StringIO, item: Value, indent: int) -> None:
    """What follows ``key:`` or ``-``, with the line's end."""
    if isinstance(item, str):
        if "\n" in item and _is_literal(item):
            _literal(out, item, indent + 1)
        else:
            out.write(" " + _scalar_text(item) + "\n")
    elif isinstance(item, Mapping):
        if item:
            out.write("\n")
            _mapping(out, item, indent + 1)
        else:
            out.write(" {}\n")
    elif isinstance(item, list | tuple):
        if item:
            out.write("\n")
            _sequence(out, item, indent + 1)
        else:
            out.write(" []\n")
    else:
        out.write(" " + _atom(item) + "\n")


def _atom(item: Value) -> str:
    if item is None:
        return "null"
    if item is True:
        return "true"
    if item is False:
        return "false"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, float):
        if not math.isfinite(item):
            raise TypeError(f"{item} is not a number that JSON has")
        # "1e+16" is a number to every reader only with a fraction: "1.0e+16".
        text = repr(item)
        return text if "e" not in text or "." in text else text.replace("e", ".0e", 1)
    raise TypeError(f"{type(item).__name__} has no place in a manifest: {item!r}")


@lru_cache(maxsize=8192)
def _scalar_text(text: str) -> str:
    if (_PLAIN.fullmatch(text) and text.casefold() not in _WORDS) or _QUANTITY.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + _UNPRINTABLE.sub(_escape, escaped) + '"'


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_literal(text: str) -> bool:
    """Whether every line survives a literal block unchanged and reads well there."""
    if _UNPRINTABLE.search(text) or "\t" in text or text.startswith((" ", "\n")):
        return False
    return text.strip("\n") != "" and all(line == line.rstrip() for line in text.split("\n"))


def _literal(out: StringIO, text: str, indent: int) -> None:
    body = text.rstrip("\n")
    trailing = len(text) - len(body)
    out.write(" |-\n" if trailing == 0 else " |\n" if trailing == 1 else " |+\n")
    pad = "  " * indent
    for line in body.split("\n"):
        out.write(f"{pad}{line}\n" if line else "\n")
    out.write("\n" * max(trailing - 1, 0))
