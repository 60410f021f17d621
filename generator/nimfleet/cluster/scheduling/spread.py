"""Pods that must keep away from each other by zone, where there are fewer zones than pods.

Source: Kubernetes, inter-pod anti-affinity and pod topology spread constraints (``minDomains``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nimfleet.cluster.pods.model import PodSet
from nimfleet.cluster.scheduling.bill import selects
from nimfleet.cluster.scheduling.fit import Fit
from nimfleet.cluster.scheduling.labels import ZONE, normal
from nimfleet.cluster.scheduling.pools import PoolView
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer, items, text

_ANTI: Pointer = ("affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")


@dataclass(frozen=True, slots=True)
class Crowd:
    """More pods than places: ``room`` of them find one in ``zones``. ``text`` is the wish, written at ``path`` of the pod."""

    text: str
    path: Pointer
    zones: tuple[str, ...]
    room: int


def crowd(pods: PodSet, usable: Iterable[tuple[PoolView, Fit]]) -> Crowd | None:
    """The wish that not even the minimum of ``pods`` can meet in the zones of the pools that hold them; None where there
    is none, or where the zones are not known."""
    if pods.replicas.minimum < 2:
        return None
    wishes = list(_wishes(pods))
    if not wishes:
        return None
    zones: set[str] = set()
    for _, fit in usable:
        found = (fit.joint or {}).get(ZONE)
        if found is None or found.complement:
            return None
        zones |= found.values
    for words, path, each, least in wishes:
        # With fewer domains than minDomains, the emptiest of them counts as empty.
        if len(zones) < least and len(zones) * each < pods.replicas.minimum:
            return Crowd(words, path, tuple(sorted(zones)), len(zones) * each)
    return None


def _wishes(pods: PodSet) -> Iterable[tuple[str, Pointer, int, int]]:
    """Words, place, pods a zone, and how many zones would be enough to have more."""
    for path, term in items(pods.spec, *_ANTI):
        if normal(text(term.get("topologyKey"))) == ZONE and selects(term.get("labelSelector"), pods.labels):
            yield f"anti-affinity by {ZONE} among {pods.replicas.minimum} replicas", path, 1, 2**31
    for path, wish in items(pods.spec, "topologySpreadConstraints"):
        strict = (wish.get("whenUnsatisfiable") or "DoNotSchedule") == "DoNotSchedule"
        by_zone = normal(text(wish.get("topologyKey"))) == ZONE
        least = integer(get(wish, "minDomains"), 1)
        if strict and by_zone and least > 1 and selects(wish.get("labelSelector"), pods.labels):
            words = f"topologySpreadConstraints with minDomains {least} of {pods.replicas.minimum} replicas"
            yield words, path, max(1, integer(get(wish, "maxSkew"), 1)), least
