"""The fast way through plain manifests, held against the real parser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nimfleet.manifest.decode import Decoded, decode, decode_plain
from nimfleet.manifest.plain import UNSURE, plain

PROJECT = Path(__file__).resolve().parents[2]
KEYS = ["a", "b", "yes", "1", "app.kubernetes.io/name", "null", "0x10", '"q"', "k k", "<<", "a:b"]
VALUES = [
    "x",
    "1",
    "1.50",
    "0o17",
    "yes",
    "~",
    "null",
    ".inf",
    "-1",
    "- x",
    "-",
    "--flag",
    "a: b",
    "a:b",
    "a:",
    "a #b",
    "a#b",
    "# c",
    '"d q"',
    '"a" b',
    '"\\n"',
    '"a"b"',
    "'s'",
    "'it''s'",
    "'",
    "{}",
    "[]",
    "[1]",
    "{a: 1}",
    "|",
    ">-",
    "&x y",
    "*x",
    "!!int 3",
    "@",
    "`",
    "%",
    "? x",
    "é",
    "a\u2028b",
    "x\u00a0",
    "a\x85b",
    "\U0001f600",
    "a  b",
    "a ",
    "\tx",
    "=",
    "<",
    "2001-01-01",
    "12:30:45",
    "1e3",
    "http://x/y",
    "---",
    "...",
    "a\\",
]
MARKS = [
    "# é",
    "#\x00",
    "# \u2028b: 1",
    "---",
    "--- x",
    "...",
    "%YAML 1.1",
    "# c",
    "",
    "   ",
    "\t",
    "text",
    "--- # c",
    "-",
    "\ufeff",
    "\r",
]

lines = st.one_of(
    st.builds(
        lambda indent, dash, key, value: " " * indent + dash + key + (f": {value}" if value else ":"),
        st.sampled_from([0, 0, 0, 1, 2, 2, 2, 3, 4, 4, 6]),
        st.sampled_from(["", "", "", "- ", "-   "]),
        st.sampled_from(KEYS[:5] * 3 + KEYS),
        st.sampled_from([""] * 20 + VALUES[:3] * 8 + VALUES),
    ),
    st.builds(
        lambda indent, value: " " * indent + "- " + value,
        st.sampled_from([0, 2, 2, 4]),
        st.sampled_from(VALUES[:3] * 8 + VALUES),
    ),
    st.sampled_from(MARKS),
)


def agrees(text: str) -> bool:
    """Whether the fast way took the text; if so, it must have found the same."""
    fast = decode_plain(text)
    if fast is None:
        return False
    slow = list(decode(text, 0, 0))
    assert all(isinstance(item, Decoded) and not item.duplicates for item in slow)
    assert list(map(seen, fast)) == list(map(seen, slow))
    return True


def seen(item: Any) -> tuple[Any, ...]:
    # A document without content has no place that anybody asks for.
    return (repr(item.value), item.place if item.value is not None else None, item.extent[0], item.extent[2])


@settings(max_examples=1500, deadline=None)
@given(st.lists(lines, min_size=1, max_size=9), st.booleans())
@example(["a:", "- b", "c: d"], True)
@example(["# \u2028b: 1", "a:", "---"], False)
@example(["a:", "  - b: 1", "    c:", "    - d", "e: f"], False)
@example(["a: x", "  - b"], False)
@example(["- a", "  b: c"], False)
@example(["# c", "", "a: 1", "---", "b:", "---", "# only a comment", "---"], True)
def test_it_finds_what_the_parser_finds(content: list[str], newline: bool) -> None:
    agrees("\n".join(content) + ("\n" if newline else ""))


@pytest.mark.parametrize("folder", ["clusters", "tests/cases"])
def test_files_of_this_repository(folder: str) -> None:
    taken = [agrees(path.read_text("utf-8")) for path in sorted((PROJECT / folder).rglob("*.yaml")) if readable(path)]
    # Else the fast way is none.
    assert sum(taken) > 0.8 * len(taken)


def readable(path: Path) -> bool:
    try:
        path.read_text("utf-8").encode("ascii")
    except (UnicodeError, OSError):
        return False
    return True


@pytest.mark.parametrize("value", VALUES)
def test_every_form_of_a_scalar(value: str) -> None:
    agrees(f"a: {value}\nb:\n  - {value}\n  - c: {value}\n")


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  x",
        "a: 1\na: 2",
        "a: &x 1",
        "a: [1]",
        "a: 'x",
        "a: x\n  y",
        "- a",
        "x",
        "  a: 1",
        "a:\n    b: 1\n  c: 2",
        "a: .nan",
        "null: 1",
        "a:" + " x" * 600,
        "a:\n" + "".join(f"{'  ' * level}b:\n" for level in range(1, 300)),
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(text: str) -> None:
    assert plain(text) is UNSURE


def test_values_are_not_shared() -> None:
    first, second = plain("a: {}\nb: []\nc: []"), plain("a: {}\nb: []\nc: []")
    first["a"]["x"] = 1
    first["b"].append(1)
    assert second == {"a": {}, "b": [], "c": []} == {**first, "a": {}, "b": []}
