"""Finding records by the names that people type."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from nimfleet.catalog.model import Catalog, Model
from nimfleet.errors import UsageError


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was most likely meant, None when none is near.

    A name without its publisher counts as near: ``llama-3.1-8b-instruct`` is ``meta/llama-3.1-8b-instruct``.
    """
    names = sorted(known)
    lowered = name.lower()
    for candidate in names:
        if lowered in (candidate.lower(), candidate.rpartition("/")[2].lower()):
            return candidate
    short = {candidate.rpartition("/")[2]: candidate for candidate in reversed(names)}
    near = get_close_matches(lowered, names, 1) or get_close_matches(lowered, short, 1)
    return short.get(near[0], near[0]) if near else None


def unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that nobody knows, with the one that was probably meant or all of a short list."""
    names = sorted(known)
    meant = closest(name, names)
    if meant is not None:
        return UsageError(f"unknown {what} {name!r}; did you mean {meant}?")
    listed = f"; known are {', '.join(names)}" if len(names) <= 20 else ""
    return UsageError(f"unknown {what} {name!r}{listed}")


def find_model(catalog: Catalog, name: str) -> Model:
    """The model with this id. Raises ``UsageError`` with the nearest id otherwise."""
    model = catalog.models.get(name)
    if model is None:
        raise unknown("model", name, catalog.models)
    return model
