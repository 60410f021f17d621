"""Rules about overlays, as Flux would build them."""

from __future__ import annotations

from nimfleet.repository.kustomization import BuildProblem
from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit


def hit_of(problem: BuildProblem) -> Hit:
    """A problem of an overlay as a rule's hit."""
    place = Place(problem.file, problem.line, problem.column)
    return Hit(place, problem.message, problem.object, problem.pointer)
