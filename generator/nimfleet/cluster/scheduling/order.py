"""Which pool Karpenter takes of those that can hold a pod, and pods that it gives up although a pool can hold them.

Karpenter takes wishes away one by one until some pool can hold the pod: first alternatives of the required node affinity, then
preferences, and in the end it tolerates taints that should only rather keep pods away. What it has taken away does not come back.
Source: sigs.k8s.io/karpenter 1.14 pkg/controllers/provisioning/scheduling (preferences.go, scheduler.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nimfleet.cluster.scheduling.atoms import Atom, Side
from nimfleet.cluster.scheduling.explain import Reason
from nimfleet.cluster.scheduling.fit import Fit, judge
from nimfleet.cluster.scheduling.model import ConstraintKind
from nimfleet.cluster.scheduling.podview import PREFERRED, PodView, term_words
from nimfleet.cluster.scheduling.pools import PoolView
from nimfleet.cluster.scheduling.taints import tolerated
from nimfleet.manifest.pointer import Pointer

_TAINTS: Pointer = ("spec", "template", "spec", "taints")


def tried(view: PodView, pools: Sequence[PoolView]) -> Iterator[tuple[int, Fit]]:
    """The NodePools among ``pools`` (which can hold the pod) in the order in which Karpenter takes them: places in ``pools``,
    each with what it is taken for first.

    Each attempt is held against the heaviest pool first, of equal ones against the last by name.
    """
    order = sorted(range(len(pools)), key=lambda place: pools[place].name, reverse=True)
    order.sort(key=lambda place: -pools[place].weight)
    order = [place for place in order if pools[place].karpenter]
    attempts = view.attempts or (view,)
    found: set[int] = set()
    for attempt, tolerant in (*((attempt, False) for attempt in attempts), (attempts[-1], True)):
        for place in order:
            pool = pools[place]
            if place in found or not (tolerant or all(tolerated(taint, view.tolerations) for taint in pool.soft)):
                continue
            fit = judge(attempt, pool)
            if fit.bits:
                found.add(place)
                yield place, fit


def given_up(view: PodView, pool: PoolView) -> Reason:
    """Why Karpenter does not come to ``pool``, which can hold the pod with an alternative that is not the last."""
    several = next(atom for atom in view.atoms if atom.terms and atom.side is Side.POD)
    others = tuple(atom for atom in view.atoms if atom is not several)
    fitting = next(
        term
        for term in several.terms
        if judge(replace(view, atoms=(replace(several, terms=(term,)), *others)), pool).bits
    )
    last = replace(several, text=f"Karpenter keeps only the last alternative of the {several.text}", remedy="")
    # Without preferences every alternative has been tried, but for the taints.
    if len(view.attempts) > len(several.terms):
        kind, words, side, where = ConstraintKind.AFFINITY, "gives up the preferred node affinity", Side.POD, PREFERRED
    else:
        kind, words = ConstraintKind.TAINT, f"tolerates the PreferNoSchedule taints of {pool.title}"
        side, where = Side.POOL, _TAINTS
    before = Atom(kind, f"it {words} only after that", side, where)
    return Reason((last, before), f"put the alternative ({term_words(fitting)}) last", (last,), intended=True)
