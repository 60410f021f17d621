"""Errors that a user may see. Everything else is a defect and ends with exit code 3."""

from __future__ import annotations

from dataclasses import dataclass


class NimfleetError(Exception):
    """Base of all errors whose text is written for the user; the command line ends with exit code 2."""


class UsageError(NimfleetError):
    """The command was called with something that it cannot work on."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file that people edit.

    ``line`` and ``column`` count from 1; ``pointer`` is a JSON Pointer (``""`` is the whole document).
    """

    file: str
    line: int
    column: int
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class IntentError(NimfleetError):
    """An environment.yaml that cannot be used; carries every problem found, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))
