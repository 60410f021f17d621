"""No finding says a secret: messages quote values, and some values must not be told."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from nimfleet.repository.files import KUSTOMIZATION_NAMES, SUFFIXES, Files
from nimfleet.secrets.mask import Hidden, masked, secrets_of


class Hush:
    """Takes secrets out of what is told of a file: what has the shape of one, and what the file itself shows to be one
    (``files`` is where it is read)."""

    def __init__(self, files: Files | None = None) -> None:
        self._files = files
        self._known: dict[str, Hidden] = {}

    def of(self, file: str) -> Callable[[str], str]:
        """What to do with a text about a place in ``file``."""
        if file not in self._known:
            # Only files with findings are looked at.
            self._known[file] = self._secrets(file)
        return partial(_hushed, self._known[file])

    def _secrets(self, file: str) -> Hidden:
        if self._files is None or not (file.endswith(SUFFIXES) or file.endswith(KUSTOMIZATION_NAMES[-1])):
            return Hidden()
        source = self._files.read(file)
        return Hidden() if source.text is None else Hidden(secrets_of(source.text, source.documents))


@lru_cache(maxsize=4096)
def _hushed(hidden: Hidden, text: str) -> str:
    return masked(hidden.without(text))
