"""A bootstrap as a person hears it: what becomes of each object, after what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nimfleet.cluster.flux.events import Bootstrap, Event, What, Why

_TOLD = frozenset({What.APPLIED, What.READY})


@dataclass(frozen=True, slots=True)
class Chapter:
    """Events that come after those of all chapters before; each with the reasons (``words`` of needs) that no other of its
    reasons includes."""

    number: int
    events: tuple[tuple[Event, tuple[str, ...]], ...]


def chapters(bootstrap: Bootstrap) -> Iterator[Chapter]:
    """The steps with something to tell, counted from 1."""
    ancestors = _ancestors(bootstrap)
    number = 0
    for step in bootstrap.steps:
        told = [event for event in step.events if event.what in _TOLD]
        if told:
            number += 1
            yield Chapter(number, tuple((event, _reasons(event, bootstrap, ancestors)) for event in told))


def _ancestors(bootstrap: Bootstrap) -> dict[Event, int]:
    """For each event that happens, the set (as bits) of those that have certainly happened before, itself included."""
    found: dict[Event, int] = {}
    for step in bootstrap.steps:
        for event in step.events:
            bits = 1 << len(found)
            for need in bootstrap.needs[event]:
                bits |= _common(need.events, found)
            found[event] = bits
    return found


def _common(events: tuple[Event, ...], ancestors: Mapping[Event, int]) -> int:
    """What is certain when one of ``events`` has happened."""
    known = [ancestors[event] for event in events if event in ancestors]
    common = known[0] if known and len(known) == len(events) else 0
    for bits in known[1:]:
        common &= bits
    return common


def _reasons(event: Event, bootstrap: Bootstrap, ancestors: Mapping[Event, int]) -> tuple[str, ...]:
    entries: list[tuple[str, tuple[Event, ...]]] = []
    pending = [event]
    while pending:
        for need in bootstrap.needs[pending.pop(0)]:
            if any(other.object is event.object for other in need.events) and need.why is not Why.PARTS:
                continue  # its own namespace or CRD
            if need.why is Why.PARTS and need.events[0].what not in _TOLD:
                pending += need.events
            elif need.why is Why.PARTS:
                entries.append(("", need.events))
            else:
                entries.append((need.words, need.events))
    kept: list[str] = []
    for index, (words, events) in enumerate(entries):
        bits = [ancestors[other] for other in events if other in ancestors]
        implied = len(bits) == 1 and any(
            bits[0] & _common(others, ancestors) == bits[0] and (bits[0] != _common(others, ancestors) or other < index)
            for other, (_, others) in enumerate(entries)
            if other != index
        )
        if words and not implied and words not in kept:
            kept.append(words)
    return tuple(kept)
