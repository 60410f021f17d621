"""Reading values of any shape: what is not there, or is something else, reads as empty.

Rules see objects that their schema may have refused, so that nothing about a shape can be taken for granted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nimfleet.manifest.pointer import Pointer


def get(value: Any, *path: str | int) -> Any:
    """The part of ``value`` at ``path``; None when there is none."""
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and -len(value) <= part < len(value):
            value = value[part]
        else:
            return None
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> Sequence[Any]:
    """``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """``value`` if it is text, else ``""``."""
    return value if isinstance(value, str) else ""


def integer(value: Any, default: int = 0) -> int:
    """``value`` if it is a whole number, else ``default``."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def items(value: Any, *path: str | int) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """The mappings in the list at ``path``, each with its pointer (``path`` and the index)."""
    for index, item in enumerate(sequence(get(value, *path))):
        if isinstance(item, Mapping):
            yield (*path, index), item
