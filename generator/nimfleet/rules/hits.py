"""Hits in objects, as most rules make them."""

from __future__ import annotations

from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject
from nimfleet.rules.registry import Hit


def hit(item: KubeObject, message: str, pointer: Pointer = ()) -> Hit:
    """A hit at ``pointer`` of an object; what is missing there is shown at its nearest parent that exists."""
    return Hit(item.place(pointer), message, str(item.id), pointer)
