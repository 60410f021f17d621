"""Stage style: yamllint on the files that people write."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from nimfleet.engine.environments import EnvironmentState
from nimfleet.engine.lint_config import lint_config
from nimfleet.engine.runner import Outcome, Runner, hits
from nimfleet.repository.files import Files, SourceFile
from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit
from nimfleet.rules.subjects import StyledText
from nimfleet.workers import mapped

_MUCH = 100_000
"""Characters of text from which all cores lint."""


def style(runner: Runner, files: Files, sources: Sequence[SourceFile], states: Sequence[EnvironmentState]) -> Outcome:
    """Lint every readable file but those that rendering owns: the generator's tests lint what it writes, and stage drift
    says where a file is not that.

    Raises:
        UsageError: the repository's yamllint configuration cannot be used.
    """
    generated = {source.path for source in sources for state in states if state.owns(source.path)}
    wanted = [
        source
        for source in sources
        if source.text is not None
        and source.path not in generated
        and not any(problem.code != "duplicate-key" for problem in source.problems)
    ]
    ignored = 0
    if wanted:
        config = lint_config(files).config
        linted = [source for source in wanted if not config.is_file_ignored(source.path)]
        ignored = len(wanted) - len(linted)
        sizes = [len(source.text or "") for source in linted]
        for found in mapped(partial(_lint, config), linted, sizes, enough=_MUCH):
            runner.take(found)
    parts = [_count(len(wanted) - ignored, "file")]
    if generated:
        parts.append(f"{len(generated)} more belong to rendered trees")
    if ignored:
        parts.append(f"{ignored} ignored by yamllint's configuration")
    return Outcome(", ".join(parts), checked=len(wanted) - ignored, unchecked=ignored)


def _lint(config: Any, source: SourceFile) -> list[tuple[str, Hit]]:
    return hits(StyledText(source.path, source.text or "", config), Place(source.path, 1, 1))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"
