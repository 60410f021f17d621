"""Values of a release against the values that its chart has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from nimfleet.catalog.chart_values import ChartValues, Shape, chart_values
from nimfleet.cluster.helm.releases import Release
from nimfleet.cluster.helm.sources import REPOSITORIES, homes, normal
from nimfleet.cluster.helm.version import is_variable, same, same_major

_SURE = 0.85
"""How alike two names are that are surely meant to be the same."""
_ALIKE = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is known of a release's chart. ``exact`` says that it is known of this very version."""

    values: ChartValues
    exact: bool


def known(release: Release) -> Known | None:
    """What is known of the values of ``release``'s chart: of its version, or of another one with the same first number.

    None for charts that are not known, and for charts of this name from a repository that is not known, unless
    they have the very version that is.
    """
    found = chart_values(release.chart) if release.chart else None
    if found is None or release.source_kind not in ("HelmRepository", "OCIRepository") or is_variable(release.version):
        return None
    if same(release.version, found.version):
        return Known(found, exact=True)
    url = normal(release.url)
    prefix = url.rpartition("/")[0] if release.source_kind == "OCIRepository" else url
    ours = not url or (prefix in homes(release.chart) and prefix in REPOSITORIES)
    return Known(found, exact=False) if ours and same_major(release.version, found.version) else None


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """``path`` leads to the key; ``hint`` says what was meant (a path in dots, or ``""``), ``sure`` that it is evident."""

    path: tuple[str, ...]
    hint: str
    sure: bool


def unknown_keys(values: Mapping[str, Any], shape: Mapping[str, Shape]) -> Iterator[UnknownKey]:
    """The keys of ``values`` that the chart does not have."""
    yield from _unknown(values, shape, shape, ())


def _unknown(
    values: Mapping[str, Any], shape: Mapping[str, Shape], root: Mapping[str, Shape], path: tuple[str, ...]
) -> Iterator[UnknownKey]:
    for key, value in values.items():
        if not isinstance(key, str) or value is None:
            continue
        expected = shape.get(key)
        if expected is None:
            yield _explained(key, shape, root, path)
        elif isinstance(expected, Mapping) and isinstance(value, Mapping):
            yield from _unknown(value, expected, root, (*path, key))


def _explained(key: str, shape: Mapping[str, Shape], root: Mapping[str, Shape], path: tuple[str, ...]) -> UnknownKey:
    here = (*path, key)
    if "." in key and _has(shape, key.split(".")):
        return UnknownKey(here, ".".join((*path, key)), sure=True)
    folded = {name.casefold().replace("-", "").replace("_", ""): name for name in sorted(shape)}
    near = get_close_matches(key.casefold().replace("-", "").replace("_", ""), folded, n=1, cutoff=_ALIKE)
    if near:
        sure = bool(get_close_matches(key.casefold(), [near[0]], cutoff=_SURE))
        return UnknownKey(here, ".".join((*path, folded[near[0]])), sure)
    elsewhere = [found for found in _places(root, key, ()) if found != here]
    return UnknownKey(here, ".".join(elsewhere[0]) if len(elsewhere) == 1 and len(key) > 4 else "", sure=False)


def _has(shape: Shape, path: list[str]) -> bool:
    for part in path:
        if not isinstance(shape, Mapping) or part not in shape:
            return False
        shape = shape[part]
    return True


def _places(shape: Mapping[str, Shape], key: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, inner in shape.items():
        if name == key:
            yield (*path, name)
        if isinstance(inner, Mapping):
            yield from _places(inner, key, (*path, name))


@dataclass(frozen=True, slots=True)
class WrongType:
    """``path`` leads to a value that is ``found`` where the chart has ``expected``; both are words."""

    path: tuple[str, ...]
    expected: str
    found: str


def wrong_types(
    values: Mapping[str, Any], shape: Mapping[str, Shape], path: tuple[str, ...] = ()
) -> Iterator[WrongType]:
    """Values of a type that no template can take for the chart's own.

    Templates take many types by kindness (a text for a number, a template for a list), so that only those count that
    break or turn a meaning round.
    """
    for key, value in values.items():
        expected = shape.get(key) if isinstance(key, str) else None
        if expected is None or value is None:
            continue
        if isinstance(expected, Mapping):
            if isinstance(value, Mapping):
                yield from wrong_types(value, expected, (*path, key))
            else:
                yield WrongType((*path, key), "a mapping", _word(value))
        elif _word(value) in _BREAKS.get(expected, ()) and not _is_template(value):
            yield WrongType((*path, key), _WORDS[expected], _word(value))


_WORDS = {"boolean": "true or false", "number": "a number", "string": "a text", "list": "a list", "map": "a mapping"}
_BREAKS = {
    # A text "false" is true to a template.
    "boolean": ("a text", "a list", "a mapping"),
    "number": ("a list", "a mapping", "true or false"),
    "list": ("a mapping", "a number", "true or false"),
    "map": ("a number", "true or false"),
}


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "a mapping"


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and ("{{" in value or "${" in value or not value)


def without_nulls(value: Any) -> Any:
    """``value`` as Helm keeps it: a null takes a default away."""
    if isinstance(value, Mapping):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value
