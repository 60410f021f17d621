"""Where a value is inside a document: a tuple of keys and indexes, and its RFC 6901 text."""

from __future__ import annotations

Pointer = tuple[str | int, ...]


def to_json_pointer(pointer: Pointer) -> str:
    """RFC 6901 text of ``pointer``; ``""`` is the whole document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in pointer)


def from_json_pointer(text: str) -> Pointer:
    """Pointer of an RFC 6901 text; parts that are array indexes (``0``, ``12``) become integers.

    A mapping key that looks like an index is indistinguishable in the text; ``Document.position`` accepts
    both.

    Raises:
        ValueError: ``text`` is neither empty nor starts with ``/``.
    """
    if not text:
        return ()
    if not text.startswith("/"):
        raise ValueError(f"JSON Pointer must be empty or start with '/': {text!r}")
    return tuple(_part(part) for part in text[1:].split("/"))


def dotted(pointer: Pointer) -> str:
    """The way people write it: ``spec.containers[0].image``; keys with other characters are quoted."""
    out = ""
    for part in pointer:
        if isinstance(part, int):
            out += f"[{part}]"
        elif part and all(char.isalnum() or char in "-_" for char in part):
            out += f".{part}" if out else part
        else:
            out += f'["{part}"]'
    return out


def _part(text: str) -> str | int:
    text = text.replace("~1", "/").replace("~0", "~")
    if text.isascii() and text.isdigit() and (text == "0" or not text.startswith("0")):
        return int(text)
    return text
