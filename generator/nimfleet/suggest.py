"""Words for messages: the nearest known name, and lists that read well."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the known word nearest to ``word``, or ``""`` when none is near."""
    candidates = sorted(known)
    folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    near = difflib.get_close_matches(word.casefold(), sorted(folded), n=1, cutoff=0.6)
    return f" Did you mean '{folded[near[0]]}'?" if near else ""


def listing(names: Iterable[str], empty: str = "none") -> str:
    """``a, b, c`` in sorted order; ``empty`` when there is nothing to list."""
    return ", ".join(sorted(names)) or empty
