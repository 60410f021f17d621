"""Values of a release against the values that its chart has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from nimfleet.catalog.chart_values import ChartValues, Shape, chart_values
from nimfleet.cluster.helm.releases import Release
from nimfleet.cluster.helm.sources import REPOSITORIES, homes, normal
from nimfleet.cluster.helm.version import is_variable, same, same_major
from nimfleet.manifest.walk import get

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
            yield _explained(key, value, shape, root, path)
        elif isinstance(expected, Mapping) and isinstance(value, Mapping):
            yield from _unknown(value, expected, root, (*path, key))


def _explained(
    key: str, value: Any, shape: Mapping[str, Shape], root: Mapping[str, Shape], path: tuple[str, ...]
) -> UnknownKey:
    here = (*path, key)
    if "." in key and _has(shape, key.split(".")):
        return UnknownKey(here, ".".join((*path, key)), sure=True)
    folded = {_folded(name): name for name in sorted(shape)}
    word = _folded(key)
    swapped = [name for name in folded if len(name) == len(word) > 2 and sorted(name) == sorted(word)]
    near = swapped[:1] or get_close_matches(word, folded, n=1, cutoff=_ALIKE)
    sure = bool(near) and (bool(swapped) or bool(get_close_matches(key.casefold(), near, cutoff=_SURE)))
    higher = _higher(root, key, value, path)
    if higher is not None:
        return UnknownKey(here, ".".join(higher), sure)
    if near:
        return UnknownKey(here, ".".join((*path, folded[near[0]])), sure)
    elsewhere = [found for found in _places(root, key, ()) if found != here]
    return UnknownKey(here, ".".join(elsewhere[0]) if len(elsewhere) == 1 and len(key) > 4 else "", sure=False)


def _folded(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")


def _higher(root: Mapping[str, Shape], key: str, value: Any, path: tuple[str, ...]) -> tuple[str, ...] | None:
    """The same key in the nearest mapping around ``path``, if ``value`` may stand there."""
    around: Shape = root
    found = None
    for depth, part in enumerate(path):
        if not isinstance(around, Mapping):
            break
        there = around.get(key, "any")
        if there != "any" and isinstance(value, Mapping) == (isinstance(there, Mapping) or there == "map"):
            found = (*path[:depth], key)
        around = around.get(part, "")
    return found


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
    """``path`` leads to a value that is ``found`` where the chart has ``expected``; both are words, as is ``fix``."""

    path: tuple[str, ...]
    expected: str
    found: str
    fix: str


def wrong_types(values: Mapping[str, Any], chart: ChartValues) -> Iterator[WrongType]:
    """Values of a type that no template can take for the chart's own.

    Templates take many types by kindness (a text for a number, a template for a list), so that only those count that
    break or turn a meaning round.
    """
    yield from _wrong_types(values, chart.values, ())
    for path in chart.switches:
        value = get(values, *path)
        if value is not None and _at(chart.values, path) != "boolean" and not isinstance(value, bool | Mapping):
            # Helm passes over what is no boolean, and the subchart is on.
            yield from _mistaken(path, "boolean", value)


def _at(shape: Shape, path: tuple[str, ...]) -> Shape | None:
    for part in path:
        if not isinstance(shape, Mapping):
            return None
        shape = shape.get(part, "")
    return shape


def _wrong_types(values: Mapping[str, Any], shape: Mapping[str, Shape], path: tuple[str, ...]) -> Iterator[WrongType]:
    for key, value in values.items():
        expected = shape.get(key) if isinstance(key, str) else None
        if expected is None or value is None:
            continue
        if isinstance(expected, Mapping):
            if isinstance(value, Mapping):
                yield from _wrong_types(value, expected, (*path, key))
            else:
                yield WrongType((*path, key), "a mapping", _word(value), _FIXES["map"])
        elif _word(value) in _BREAKS.get(expected, ()) or (expected == "number" and _is_no_count(key, value)):
            yield from _mistaken((*path, key), expected, value)


def _mistaken(path: tuple[str, ...], expected: str, value: Any) -> Iterator[WrongType]:
    if _is_template(value):
        return
    fix = _FIXES[expected]
    if expected == "boolean" and isinstance(value, str) and value.casefold() in ("true", "false"):
        fix = f"write `{value.casefold()}` without quotes"
    yield WrongType(path, _WORDS[expected], _word(value), fix)


def _is_no_count(key: str, value: Any) -> bool:
    """Whether a text stands where Kubernetes counts, and is no number in quotes, which templates write as one."""
    return isinstance(value, str) and _COUNTS.fullmatch(key) is not None and not _DIGITS.fullmatch(value)


_WORDS = {"boolean": "true or false", "number": "a number", "string": "a text", "list": "a list", "map": "a mapping"}
_FIXES = {
    "boolean": "write `true` or `false`",
    "number": "write a number",
    "list": "write a list, with a dash before each entry",
    "map": "write a mapping of keys and values",
}
_COUNTS = re.compile(
    r"replicas|[a-zA-Z]*Replicas|replicaCount|revisionHistoryLimit|[a-zA-Z]+Seconds|weight|failureThreshold"
)
_DIGITS = re.compile(r"\s*[0-9]+\s*")
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
