"""Telling at little cost that a text holds no secret, where many texts share most of their lines.

A fleet has thousands of files, and few lines that are not in another one. What is secret shows in one line at least: a key's
prefix, a name, a long word. So a line that was found clean once need not be looked at again.
"""

from __future__ import annotations

from nimfleet.secrets.encoded import encoded
from nimfleet.secrets.names import may_name
from nimfleet.secrets.shapes import shaped

_MOST = 200_000
"""Lines that are remembered."""


class Sieve:
    """Remembers clean lines. What it knows never changes an answer of :func:`nimfleet.secrets.scan.scan`, only its cost."""

    def __init__(self) -> None:
        self._clean: set[str] = set()

    def passes(self, text: str) -> bool:
        """Whether there is nothing in ``text`` that could be secret; False is no more than a reason to look closer."""
        new = set(text.split("\n"))
        new -= self._clean
        if not new:
            return True
        joined = "\n".join(new)
        if "PRIVATE KEY" in joined or "auths" in joined or may_name(joined.lower()):
            return False
        if next(shaped(joined), None) is not None or next(encoded(joined), None) is not None:
            return False
        if len(self._clean) < _MOST:
            self._clean |= new
        return True
