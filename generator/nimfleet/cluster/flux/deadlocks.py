"""Why events never happen: circles of events that wait for each other, and conditions that nothing can meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush

from nimfleet.cluster.flux.events import Deadlock, Event, Link, Need, Why

_STEP = 1000
"""What a condition costs, as against one between the parts of a thing: no circle has so many of these."""
_NEVER = 1 << 62


def deadlocks(needs: Mapping[Event, tuple[Need, ...]], blocked: Sequence[Event]) -> tuple[Deadlock, ...]:
    """One for each cause: the shortest circle of each set of events that hold each other up, and each condition that
    nothing can meet."""
    never = set(blocked)
    waits: dict[Event, list[Link]] = {event: list(_unmet(event, needs, never)) for event in blocked}
    holds: dict[Event, list[Event]] = {}
    for event, links in waits.items():
        for link in links:
            for other in link.need.events:
                holds.setdefault(other, []).append(event)
    found = [
        Deadlock((link,), len(_reach(event, holds)))
        for event, links in waits.items()
        for link in links
        if not link.need.events
    ]
    for component in _components(blocked, waits):
        circle = _circle(component, waits)
        if circle:
            found.append(Deadlock(circle, len(_reach(circle[0].event, holds))))
    return tuple(found)


def _unmet(event: Event, needs: Mapping[Event, tuple[Need, ...]], never: set[Event]) -> Iterator[Link]:
    for need in needs[event]:
        if all(other in never for other in need.events):
            yield Link(event, need)


def _reach(start: Event, edges: Mapping[Event, Sequence[Event]]) -> set[Event]:
    found = {start}
    pending = [start]
    while pending:
        for other in edges.get(pending.pop(), ()):
            if other not in found:
                found.add(other)
                pending.append(other)
    return found


def _components(blocked: Sequence[Event], waits: Mapping[Event, Sequence[Link]]) -> list[list[Event]]:
    """Strongly connected components (Tarjan), those without a circle too, in a fixed order."""
    index: dict[Event, int] = {}
    low: dict[Event, int] = {}
    on_stack: set[Event] = set()
    stack: list[Event] = []
    found: list[list[Event]] = []

    def targets(event: Event) -> Iterator[Event]:
        return (other for link in waits[event] for other in link.need.events)

    for root in blocked:
        if root in index:
            continue
        work: list[tuple[Event, Iterator[Event]]] = [(root, targets(root))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            event, rest = work[-1]
            deeper = next(rest, None)
            if deeper is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[event])
                if low[event] == index[event]:
                    component: list[Event] = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == event:
                            break
                    found.append(sorted(component, key=index.__getitem__))
            elif deeper not in index:
                index[deeper] = low[deeper] = len(index)
                stack.append(deeper)
                on_stack.add(deeper)
                work.append((deeper, targets(deeper)))
            elif deeper in on_stack:
                low[event] = min(low[event], index[deeper])
    return found


def _circle(component: Sequence[Event], waits: Mapping[Event, Sequence[Link]]) -> tuple[Link, ...]:
    """The shortest circle in a component, counting first what is more than a part of one thing; nothing when it has none."""
    members = set(component)
    best: tuple[Link, ...] = ()
    least = _NEVER
    for start in component:
        links, cost = _shortest(start, members, waits, least)
        if links:
            best, least = links, cost
    return best


def _shortest(
    start: Event, members: set[Event], waits: Mapping[Event, Sequence[Link]], below: int
) -> tuple[tuple[Link, ...], int]:
    """The cheapest way from an event back to it that costs less than ``below``."""
    came: dict[Event, Link] = {}
    costs: dict[Event, int] = {start: 0}
    pending: list[tuple[int, int, Event]] = [(0, 0, start)]
    pushed = 0
    while pending:
        cost, _, event = heappop(pending)
        if event == start and event in came:
            links = [came[start]]
            while links[-1].event != start:
                links.append(came[links[-1].event])
            return tuple(reversed(links)), cost
        if cost > costs.get(event, below):
            continue
        for link in waits[event]:
            further = cost + (1 if link.need.why is Why.PARTS else _STEP)
            for other in link.need.events:
                known = below if other == start and other not in came else costs.get(other, below)
                if other in members and further < known:
                    came[other], costs[other] = link, further
                    pushed += 1
                    heappush(pending, (further, pushed, other))
    return (), below
