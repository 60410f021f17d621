"""Finding records by the names that people type."""

from __future__ import annotations

from collections.abc import Iterable

from nimfleet.catalog.model import Catalog, Model
from nimfleet.errors import UsageError
from nimfleet.suggest import nearest


def unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that nobody knows, with the one that was probably meant or all of a short list."""
    names = sorted(known)
    meant = nearest(name, names)
    if meant is not None:
        return UsageError(f"unknown {what} {name!r}; did you mean {meant}?")
    verb = "models" if what == "model" else "instances"
    listed = f"known are {', '.join(names)}" if len(names) <= 20 else f"`nimfleet {verb}` lists all"
    return UsageError(f"unknown {what} {name!r}; {listed}")


def find_model(catalog: Catalog, name: str) -> Model:
    """The model with this id. Raises ``UsageError`` with the nearest id otherwise."""
    model = catalog.models.get(name)
    if model is None:
        raise unknown("model", name, catalog.models)
    return model
