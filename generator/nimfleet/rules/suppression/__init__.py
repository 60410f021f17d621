"""Rules about suppressions themselves: they must say why, fit something, and name what exists."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit


class Wrong(StrEnum):
    """What can be wrong with a suppression; the values are the names of the rules."""

    MALFORMED = "malformed"
    WITHOUT_REASON = "without-reason"
    UNKNOWN_RULE = "unknown-rule"
    NOT_POSSIBLE = "not-possible"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True, eq=False)
class SuppressionFault:
    """A suppression (or a severity in nimfleet.toml) that is not right, with the words for it."""

    wrong: Wrong
    place: Place
    message: str


def hit_of(subject: SuppressionFault) -> Hit:
    """A fault as a rule's hit."""
    return Hit(subject.place, subject.message)
