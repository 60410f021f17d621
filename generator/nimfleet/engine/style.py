"""Stage style: yamllint on the files that people write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nimfleet.engine.environments import EnvironmentState
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.errors import UsageError
from nimfleet.repository.files import SourceFile
from nimfleet.repository.model import Place
from nimfleet.rules.subjects import StyledText

_CONFIG_NAMES = (".yamllint", ".yamllint.yaml", ".yamllint.yml")
_BUILT_IN = """
extends: default
rules:
  line-length: {max: 160}
  document-start: disable
  truthy: disable
  comments: {min-spaces-from-content: 1}
  comments-indentation: disable
  indentation: {spaces: consistent, indent-sequences: whatever}
  braces: {max-spaces-inside: 1}
  brackets: {max-spaces-inside: 1}
"""


def style(runner: Runner, root: Path, sources: Sequence[SourceFile], states: Sequence[EnvironmentState]) -> Outcome:
    """Lint every readable file but those that are exactly as rendered: the generator's own tests lint these.

    Raises:
        UsageError: the repository's yamllint configuration cannot be used.
    """
    generated = {
        source.path for source in sources for state in states if state.is_generated(source.path, source.encoded)
    }
    wanted = [
        source
        for source in sources
        if source.text is not None
        and source.path not in generated
        and not any(problem.code != "duplicate-key" for problem in source.problems)
    ]
    ignored = 0
    if wanted:
        config = _config(root)
        for source in wanted:
            if config.is_file_ignored(source.path):
                ignored += 1
                continue
            runner.judge(StyledText(source.path, source.text or "", config), Place(source.path, 1, 1))
    parts = [_count(len(wanted) - ignored, "file")]
    if generated:
        parts.append(f"{len(generated)} more are exactly as rendered")
    if ignored:
        parts.append(f"{ignored} ignored by yamllint's configuration")
    return Outcome(", ".join(parts), checked=len(wanted) - ignored, unchecked=ignored)


def _config(root: Path) -> Any:
    from yamllint.config import YamlLintConfig, YamlLintConfigError  # noqa: PLC0415 - slow to import

    for name in _CONFIG_NAMES:
        path = root / name
        if path.is_file():
            try:
                return YamlLintConfig(content=path.read_text("utf-8"))
            except (YamlLintConfigError, OSError, ValueError) as error:
                raise UsageError(f"{name}: yamllint cannot use this configuration: {error}") from error
    return YamlLintConfig(content=_BUILT_IN)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"
