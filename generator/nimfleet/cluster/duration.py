"""Durations as Flux, Karpenter and other controllers read them: those of Go, such as ``90s`` or ``1h30m``."""

from __future__ import annotations

from typing import Any

from nimfleet.schema.cel.errors import EvalError
from nimfleet.schema.cel.values import SECOND, duration


def seconds(value: Any) -> float | None:
    """Seconds of a duration; None for anything else (``Never``, a variable, days)."""
    if not isinstance(value, str):
        return None
    try:
        return duration(value).ns / SECOND
    except EvalError:
        return None


def in_words(amount: float) -> str:
    """``90 s`` or ``12 min``: whole minutes from two minutes on, rounded up."""
    return f"{amount:.0f} s" if amount < 120 else f"{-(-amount // 60):.0f} min"
