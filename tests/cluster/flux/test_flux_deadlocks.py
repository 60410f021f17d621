"""The fixpoint, and the circles in what never happens, against a search that tries everything."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from nimfleet.cluster.flux.bootstrap import run
from nimfleet.cluster.flux.deadlocks import deadlocks
from nimfleet.cluster.flux.events import Event, Need, What, Why
from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.model import KubeObject, Place

Needs = dict[Event, tuple[Need, ...]]


def event(number: int) -> Event:
    identity = ObjectId("", "v1", "ConfigMap", "", str(number))
    return Event(What.READY, KubeObject(identity, {}, None, "", lambda _: Place("a.yaml", 1, 1)))


EVENTS = [event(number) for number in range(6)]


@st.composite
def needs(draw: st.DrawFn) -> Needs:
    """Conditions among six events; a condition without events can never be met."""
    alternatives = st.lists(st.sampled_from(EVENTS), max_size=2, unique=True)
    found: Needs = {}
    for one in EVENTS:
        conditions = draw(st.lists(alternatives, max_size=2))
        found[one] = tuple(Need(tuple(others), Why.DEPENDENCY, "", one.object) for others in conditions)
    return found


def possible(conditions: Needs) -> set[Event]:
    """Whatever happens when events are tried until nothing is left that can."""
    done: set[Event] = set()
    while True:
        more = {
            one
            for one, found in conditions.items()
            if one not in done and all(any(other in done for other in need.events) for need in found)
        }
        if not more:
            return done
        done |= more


@given(needs())
def test_everything_happens_that_can_and_in_an_order_that_meets_all_conditions(conditions: Needs) -> None:
    steps, blocked = run(conditions)
    happened = [one for step in steps for one in step.events]
    assert set(happened) == possible(conditions)
    assert set(happened) | set(blocked) == set(EVENTS)
    assert len(happened) + len(blocked) == len(EVENTS)
    before: set[Event] = set()
    for step in steps:
        for one in step.events:
            assert all(before.intersection(need.events) for need in conditions[one])
        before.update(step.events)


@given(needs())
def test_each_cause_is_a_circle_or_a_condition_that_nothing_meets(conditions: Needs) -> None:
    _, blocked = run(conditions)
    found = deadlocks(conditions, blocked)
    assert bool(found) == bool(blocked)
    for deadlock in found:
        links = deadlock.links
        if not links[0].need.events:
            assert len(links) == 1
            continue
        following = [*links[1:], links[0]]
        for link, after in zip(links, following, strict=True):
            assert link.need in conditions[link.event]
            assert after.event in link.need.events
            assert set(link.need.events) <= set(blocked)
        assert 1 <= deadlock.held <= len(blocked)


@given(needs())
def test_no_circle_among_the_events_of_a_circle_is_shorter(conditions: Needs) -> None:
    _, blocked = run(conditions)
    stuck = set(blocked)
    edges = {
        (one, other)
        for one in blocked
        for need in conditions[one]
        if all(another in stuck for another in need.events)
        for other in need.events
    }
    for deadlock in deadlocks(conditions, blocked):
        if not deadlock.links[0].need.events:
            continue
        members = [link.event for link in deadlock.links]
        for length in range(1, len(members)):
            for order in permutations(members, length):
                assert any(pair not in edges for pair in zip(order, [*order[1:], order[0]], strict=True))
