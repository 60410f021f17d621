"""Durations as Flux writes them: ``90s``, ``1h30m``."""

from __future__ import annotations

import re
from typing import Any

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(value: Any) -> float | None:
    """Seconds of a duration; None for anything else."""
    if not isinstance(value, str) or not value:
        return None
    parts = _PART.findall(value)
    if "".join(number + unit for number, unit in parts) != value:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def in_words(amount: float) -> str:
    """``90 s`` or ``12 min``: whole minutes from two minutes on, rounded up."""
    return f"{amount:.0f} s" if amount < 120 else f"{-(-amount // 60):.0f} min"
