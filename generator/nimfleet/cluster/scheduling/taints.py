"""Taints and tolerations, as k8s.io/api/core/v1 ToleratesTaint has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nimfleet.config.model import Taint
from nimfleet.manifest.walk import get, sequence, text

KEEPS_AWAY = ("NoSchedule", "NoExecute")
"""Effects that a pod must tolerate. Karpenter gives up ``PreferNoSchedule`` where nothing else helps."""


def read_taint(value: Any) -> Taint:
    """A taint of a NodePool."""
    return Taint(text(get(value, "key")), text(get(value, "value")), text(get(value, "effect")))


def tolerated(taint: Taint, tolerations: Iterable[Any]) -> bool:
    """Whether one of the pod's tolerations takes ``taint``."""
    return any(_takes(toleration, taint) for toleration in tolerations)


def keeps_away(taint: Taint, tolerations: Iterable[Any]) -> bool:
    """Whether pods with these tolerations never come to nodes with ``taint``."""
    return taint.effect in KEEPS_AWAY and not tolerated(taint, tolerations)


def tolerations_of(spec: Any) -> tuple[Any, ...]:
    """The tolerations of a PodSpec."""
    return tuple(sequence(get(spec, "tolerations")))


def _takes(toleration: Any, taint: Taint) -> bool:
    effect, key = text(get(toleration, "effect")), text(get(toleration, "key"))
    operator = text(get(toleration, "operator")) or "Equal"
    if (effect and effect != taint.effect) or (key and key != taint.key):
        return False
    if not key:
        return operator == "Exists"
    value = text(get(toleration, "value"))
    match operator:
        case "Exists":
            return True
        case "Equal":
            return value == taint.value
        case "Gt" | "Lt":
            # Kubernetes 1.35: whole numbers on both sides.
            if not (_whole(value) and _whole(taint.value)):
                return False
            return int(taint.value) > int(value) if operator == "Gt" else int(taint.value) < int(value)
    return False


def _whole(value: str) -> bool:
    return value.lstrip("-").isdecimal() and value.isascii()


def describe(taint: Taint) -> str:
    """``key=value:effect``, as kubectl writes it."""
    return f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"


def toleration_for(taint: Taint) -> str:
    """The words for the toleration that would take ``taint``."""
    return f"{taint.key} Exists {taint.effect}"
