"""Rules about the text of YAML files."""

from __future__ import annotations

from nimfleet.manifest.parse import ParseProblem
from nimfleet.manifest.pointer import from_json_pointer
from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit


def hit_of(problem: ParseProblem) -> Hit:
    """A problem of the text as a rule's hit."""
    place = Place(problem.file, problem.line, problem.column)
    return Hit(place, problem.message, pointer=from_json_pointer(problem.pointer))
