"""Words for messages: the nearest known name, and lists that read well."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that was most likely meant, None when none is near.

    Case does not count, and a name without its publisher is near: ``llama-3.1-8b-instruct`` is
    ``meta/llama-3.1-8b-instruct``.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only errors need it

    names: dict[str, str] = {}
    for name in sorted(known):
        names.setdefault(name.rpartition("/")[2].casefold(), name)
    names.update({name.casefold(): name for name in sorted(names.values())})
    folded = word.casefold()
    if folded in names:
        return names[folded]
    near = get_close_matches(folded, sorted(names), n=1, cutoff=0.6)
    return names[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the known word nearest to ``word``, or ``""`` when none is near."""
    near = nearest(word, known)
    return f" Did you mean '{near}'?" if near else ""


def listing(names: Iterable[str], empty: str = "none") -> str:
    """``a, b, c`` in sorted order; ``empty`` when there is nothing to list."""
    return ", ".join(sorted(names)) or empty
