"""Secrets in plain text, and what is to hide them but does not.

No rule says any part of a secret beyond the prefix that all of its kind share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nimfleet.manifest.parse import Document
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit
from nimfleet.rules.subjects import FoundSecret
from nimfleet.secrets.kubernetes import SecretValue
from nimfleet.secrets.shapes import Kind

_SHOWN = 5
_LAYERS = ("", " (in base64)", " (in base64, twice)")


def leaked(subject: FoundSecret, kind: Kind, remedy: str) -> Iterator[Hit]:
    """The hit of a rule about secrets of one kind."""
    leak = subject.leak
    if leak.kind is not kind:
        return
    shown = f" `{leak.public}***`" if leak.public and not leak.encoded else ""
    layers = _LAYERS[min(leak.encoded, 2)]
    message = f"{leak.what}{shown}{layers} stands here for everybody who can read the repository: {remedy}"
    yield Hit(subject.place, message, subject.object, subject.pointer)


def keys(entries: Sequence[SecretValue]) -> str:
    """Their keys, of many the first ones."""
    shown = ", ".join(f"`{entry.key}`" for entry in entries[:_SHOWN])
    return f"{shown} and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else shown


def hit(document: Document, message: str, pointer: Pointer = ()) -> Hit:
    """A hit at ``pointer`` of a document."""
    position = document.position(pointer)
    place = Place(document.file, position.line, position.column)
    return Hit(place, message, str(document.id or ""), pointer)
