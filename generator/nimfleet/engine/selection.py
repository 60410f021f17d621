"""Which stages a validation runs."""

from __future__ import annotations

from collections.abc import Iterable

from nimfleet.errors import UsageError
from nimfleet.suggest import did_you_mean

STAGES = (
    "style",
    "parse",
    "build",
    "schema",
    "admission",
    "secrets",
    "cluster",
    "drift",
    "second-opinion",
    "transition",
)
"""All stages, in the order in which they run and are told."""


def left_out(only: Iterable[str] | None, skip: Iterable[str]) -> frozenset[str]:
    """The stages not to run: those not in ``only`` (None: all are wanted), and those in ``skip``.

    Raises:
        UsageError: a name is not that of a stage, or no stage is left.
    """
    chosen = None if only is None else set(only)
    refused = set(skip)
    for name in sorted((chosen or set()) | refused):
        if name not in STAGES:
            raise UsageError(f"there is no stage `{name}`.{did_you_mean(name, STAGES)} Stages: {', '.join(STAGES)}")
    out = frozenset(name for name in STAGES if name in refused or (chosen is not None and name not in chosen))
    if len(out) == len(STAGES):
        raise UsageError("no stage is left to run")
    return out
