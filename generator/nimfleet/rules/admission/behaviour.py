"""What differs between releases of the NIM operator, as far as rules need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PROJECT = "k8s-nim-operator"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One release and those after it, until the next in :data:`BEHAVIOURS`."""

    since: tuple[int, ...]
    needs_auth_secret: bool
    scales_to_zero: bool


# 3.1.2 is the release whose sources were read; 3.1.3 is from its release notes.
BEHAVIOURS = (
    Behaviour((0,), needs_auth_secret=True, scales_to_zero=False),
    Behaviour((3, 1, 3), needs_auth_secret=False, scales_to_zero=True),
)
_DEFAULT = (3, 1, 2)


def behaviour(pins: Mapping[str, str]) -> Behaviour:
    """Of the pinned release; without a pin, of 3.1.2."""
    version = _numbers(pins.get(PROJECT, "")) or _DEFAULT
    return next(entry for entry in reversed(BEHAVIOURS) if entry.since <= version)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.partition("-")[0].partition("+")[0].split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()
