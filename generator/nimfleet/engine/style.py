"""Stage style: yamllint on the files that people write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from nimfleet.engine.cache import MISSING, Cache
from nimfleet.engine.environments import EnvironmentState
from nimfleet.engine.lint_clean import remarks
from nimfleet.engine.lint_config import LintConfig, lint_config
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.repository.files import Files, SourceFile
from nimfleet.repository.model import Place
from nimfleet.rules.subjects import Remark, StyledText
from nimfleet.secrets.scan import scan
from nimfleet.workers import mapped

_LARGEST = 512 * 1024
"""Characters of a file above which it is not linted: nobody writes that by hand, and it would take seconds."""
_SECRET = re.compile(r"""\bkind["']?\s*:\s*["']?Secret\b""")
_MUCH = 100_000
"""Characters of text from which all cores lint."""


def style(
    runner: Runner, files: Files, sources: Sequence[SourceFile], states: Sequence[EnvironmentState], cache: Cache
) -> Outcome:
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
    large = [source for source in wanted if len(source.text or "") > _LARGEST]
    wanted = [source for source in wanted if len(source.text or "") <= _LARGEST]
    ignored = 0
    if wanted:
        config = lint_config(files)
        keys = [_key(cache, config, source) for source in wanted]
        fresh = [source for source, key in zip(wanted, keys, strict=True) if cache.get(key) is MISSING]
        sizes = [len(source.text or "") for source in fresh]
        linted = dict(zip(fresh, mapped(partial(_lint, config), fresh, sizes, enough=_MUCH), strict=True))
        for source, key in zip(wanted, keys, strict=True):
            found = linted[source] if source in linted else cache.get(key)
            if source in linted and key and not (found and scan(source.text or "")):
                cache.put(key, found)
            ignored += found is None
            runner.judge(StyledText(source.path, found or ()), Place(source.path, 1, 1))
    parts = [_count(len(wanted) - ignored, "file")]
    if generated:
        parts.append(f"{len(generated)} more belong to rendered trees")
    if ignored:
        parts.append(f"{ignored} ignored by yamllint's configuration")
    if large:
        parts.append(f"{len(large)} larger than {_LARGEST >> 10} KiB not linted")
    return Outcome(", ".join(parts), checked=len(wanted) - ignored, unchecked=ignored + len(large))


def _key(cache: Cache, config: LintConfig, source: SourceFile) -> str:
    text = source.text or ""
    # Of what may be secret, not even a digest is kept.
    return "" if _SECRET.search(text) else cache.key("style", config.digest, source.path, text)


def _lint(config: LintConfig, source: SourceFile) -> list[Remark] | None:
    """yamllint's remarks, None when its configuration tells it to ignore the file. Syntax errors and duplicate
    keys have rules of their own."""
    text, settings = source.text or "", config.settings
    if settings.is_file_ignored(source.path):
        return None
    return remarks(text, settings, config.glance, source.path)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"
