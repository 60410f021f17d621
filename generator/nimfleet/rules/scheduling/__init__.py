"""Which pods will never run, or only by luck, on the nodes that the cluster can have."""

from __future__ import annotations

from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject
from nimfleet.rules.registry import Hit


def at(item: KubeObject, message: str, pointer: Pointer = ()) -> Hit:
    """A hit at ``pointer`` of an object."""
    return Hit(item.place(pointer), message, str(item.id), pointer)


def number(count: int, word: str) -> str:
    """``1 GPU``, ``2 GPUs``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
