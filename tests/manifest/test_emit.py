"""The emitter against two independent readers."""

from __future__ import annotations

import math
from io import StringIO
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from nimfleet.manifest.emit import dump, dump_all
from nimfleet.manifest.parse import parse

TRICKY = st.sampled_from(
    [
        "y",
        "No",
        "on",
        "~",
        "null",
        "0x1F",
        "1_000",
        "12:30:45",
        "1e3",
        ".5",
        "0777",
        "0o17",
        "2026-01-02",
        "a: b",
        "a #b",
        "- a",
    ]
    + [
        "",
        " ",
        "a ",
        "'",
        '"',
        "\\",
        "&a",
        "*a",
        "!t",
        "%d",
        "@x",
        "`x",
        "{a}",
        "[a]",
        "a\nb",
        "a\n\n",
        "\na",
        " a\nb",
        "a \nb",
    ]
    + [
        "a\tb",
        "\u0085",
        "\u2028",
        "\ufeff",
        "\U0001f600",
        "é",
        "x:",
        ":x",
        "?",
        "? a",
        "-",
        "--- a",
        "...",
        "|",
        ">",
        "50Gi",
    ]
    + [
        "<<",
        "=",
        "./",
        "./a",
        "../a",
        "./a b",
        "./-",
        ".inf",
        ".NaN",
        "+1",
        "-1",
        "1.",
        "010",
        "1:2",
        "a:b",
        "http://x/y#z",
        "a,b",
        "a\rb",
        "\x00",
        "\x7f",
    ]
)
TEXT = TRICKY | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ATOMS = (
    TEXT
    | st.booleans()
    | st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)


def same(left: Any, right: Any) -> bool:
    """Equality that tells 1 from True, and text from numbers."""
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and not isinstance(left, bool):
        return (
            isinstance(right, int | float) and not isinstance(right, bool) and math.isclose(left, right, rel_tol=1e-15)
        )
    return type(left) is type(right) and left == right


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_is_written_is_what_yaml_1_1_reads(value: dict[str, Any]) -> None:
    assert same(value, yaml.safe_load(dump(value)))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_is_written_is_what_yaml_1_2_reads(value: dict[str, Any]) -> None:
    assert same(value, YAML(typ="safe", pure=True).load(StringIO(dump(value))))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(TEXT.filter(bool), VALUES, min_size=1, max_size=5))
def test_what_is_written_is_what_the_api_server_reads(value: dict[str, Any]) -> None:
    result = parse(dump(value), "x.yaml")
    assert not result.problems
    assert same(value, result.documents[0].value)


def test_style() -> None:
    value = {"a": "plain text", "b": "1.3.3", "c": "50Gi", "d": [{"x": 1, "z": []}, "s"], "e": {}, "f": "two\nlines\n"}
    expected = '---\na: plain text\nb: "1.3.3"\nc: 50Gi\nd:\n  - x: 1\n    z: []\n  - s\ne: {}\nf: |\n  two\n  lines\n'
    assert dump(value) == expected
    assert dump_all([{"a": 1}, {"b": 2}]) == "---\na: 1\n---\nb: 2\n"


@pytest.mark.parametrize("value", [{"a": object()}, {1: "a"}, {"a": float("nan")}, {"a": {1, 2}}])
def test_what_has_no_place_in_a_manifest_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        dump(value)
