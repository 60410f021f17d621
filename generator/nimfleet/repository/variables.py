"""Variables that Flux would fill in (``postBuild``), where they are left in what was built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nimfleet.manifest.pointer import Pointer

_PLAIN = re.compile(r"(?<!\$)\$\{([_A-Za-z][_A-Za-z0-9]*)\}")


def left(value: Any, at: Pointer = ()) -> Iterator[tuple[Pointer, str]]:
    """Each ``${NAME}`` in the texts and keys of a value, with its place."""
    if isinstance(value, str):
        if "${" in value:
            for name in dict.fromkeys(_PLAIN.findall(value)):
                yield at, name
    elif isinstance(value, dict):
        for key, part in value.items():
            if "${" in key:
                for name in dict.fromkeys(_PLAIN.findall(key)):
                    yield (*at, key), name
            yield from left(part, (*at, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from left(part, (*at, index))


def escaped(text: str, name: str) -> bool:
    """Whether ``text`` has the variable only as ``$${NAME}``, which Flux turns into ``${NAME}``."""
    return f"$${{{name}}}" in text and not re.search(rf"(?<!\$)\$\{{{re.escape(name)}\}}", text)
