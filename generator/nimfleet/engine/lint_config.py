"""yamllint's configuration: the repository's own, or ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nimfleet.engine.lint_clean import Glance
from nimfleet.errors import UsageError
from nimfleet.repository.files import Files

_NAMES = (".yamllint", ".yamllint.yaml", ".yamllint.yml")
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
_MAX_EXTENDED = 10


class LintConfig:
    """A configuration that yamllint reads when it is wanted first. ``digest`` tells configurations apart."""

    def __init__(self, name: str, contents: Sequence[str]) -> None:
        self._name = name
        self._content = contents[0]
        self._settings: Any = None
        self._glance: Glance | None = None
        self.digest = hashlib.sha256("\0".join(contents).encode()).hexdigest()

    @property
    def settings(self) -> Any:
        """yamllint's own object.

        Raises:
            UsageError: yamllint cannot use it.
        """
        if self._settings is None:
            from yamllint.config import YamlLintConfig, YamlLintConfigError  # noqa: PLC0415 - slow to import

            try:
                self._settings = YamlLintConfig(content=self._content)
            except (YamlLintConfigError, OSError, ValueError) as error:
                raise UsageError(f"{self._name}: yamllint cannot use this configuration: {error}") from error
            # What it finds is found, and told, by a rule of its own.
            self._settings.rules["key-duplicates"] = False
        return self._settings

    @property
    def glance(self) -> Glance:
        """What tells plain files that are clean."""
        if self._glance is None:
            self._glance = Glance(self.settings.rules)
        return self._glance


def lint_config(files: Files) -> LintConfig:
    """The configuration at the root of the repository, else the one built in.

    Raises:
        UsageError: it cannot be read, or reads files outside of the repository.
    """
    name = next((name for name in _NAMES if (files.root / name).is_file()), "")
    return LintConfig(name, list(_contents(files, name)) if name else [_BUILT_IN])


def _contents(files: Files, name: str) -> Iterator[str]:
    """The configuration, and all files that it leads yamllint to."""
    import yaml  # noqa: PLC0415 - as above

    path: Path = files.root / name
    for _ in range(_MAX_EXTENDED):
        if not path.resolve().is_relative_to(files.root):
            raise UsageError(f"{name}: yamllint would read {path}, which is outside the repository")
        source = files.read(path.resolve().relative_to(files.root).as_posix())
        if source.text is None:
            raise UsageError(f"{name}: yamllint cannot use this configuration: {source.problems[0]}")
        yield source.text
        try:
            value = yaml.safe_load(source.text)
        except (yaml.YAMLError, ValueError, RecursionError):
            return  # for yamllint to tell
        fields = value if isinstance(value, dict) else {}
        listed = fields.get("ignore-from-file")
        for entry in [listed] if isinstance(listed, str) else listed if isinstance(listed, list) else []:
            if isinstance(entry, str) and not Path(entry).resolve().is_relative_to(files.root):
                raise UsageError(f"{name}: yamllint would read {entry}, which is outside the repository")
        extended = fields.get("extends")
        if not isinstance(extended, str) or "/" not in extended:
            return
        path = Path(extended)
    raise UsageError(f"{name}: more than {_MAX_EXTENDED} configurations extend one another")
