"""Documents, their positions, and what the parser refuses."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nimfleet.manifest.decode import MAX_DEPTH
from nimfleet.manifest.parse import MAX_PROBLEMS, Position, parse

LIST = """apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: b
"""


def test_positions_of_keys_items_and_missing_values() -> None:
    (document,) = parse("# comment\na:\n  - b: 1\n    c: {d: 2}\n", "f.yaml").documents
    assert document.line == 2
    assert document.position(()) == Position(2, 1)
    assert document.position(("a",)) == Position(2, 1)
    assert document.position(("a", 0)) == Position(3, 5)
    assert document.position(("a", 0, "b")) == Position(3, 5)
    assert document.position(("a", 0, "c", "d")) == Position(4, 9)
    assert document.position(("a", 0, "c", "nope", "deeper")) == Position(4, 5)
    assert document.position(("nope",)) == Position(2, 1)


def test_positions_in_later_documents_count_from_the_file() -> None:
    first, second = parse("a: 1\n---\n# x\nb:\n  c: é\n  d: 1\n", "f.yaml").documents
    assert (first.index, second.index) == (0, 1)
    assert second.position(("b", "d")) == Position(6, 3)
    assert second.text.startswith("---")


def test_a_key_that_looks_like_an_index_is_found() -> None:
    (document,) = parse("data:\n  '0': x\n", "f.yaml").documents
    assert document.position(("data", 0)) == Position(2, 3)


def test_the_items_of_a_list_are_documents_of_their_own() -> None:
    first, second = parse(LIST, "f.yaml").documents
    assert [str(item.id) for item in (first, second)] == ["ConfigMap/a", "ConfigMap/b"]
    assert (first.line, second.line) == (4, 7)
    assert second.position(("metadata", "name")) == Position(10, 5)


def test_a_kind_that_ends_in_list_but_has_no_items_is_one_document() -> None:
    (document,) = parse("apiVersion: x/v1\nkind: AllowList\nspec: {}\n", "f.yaml").documents
    assert document.id is not None
    assert document.id.kind == "AllowList"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n---\n", "\ufeff", "~\n"])
def test_empty_documents_are_none(text: str) -> None:
    assert parse(text, "f.yaml") == parse("", "f.yaml")


def test_a_byte_order_mark_does_not_move_columns() -> None:
    (document,) = parse("\ufeffa: 1\n", "f.yaml").documents
    assert document.value == {"a": 1}
    assert document.position(("a",)) == Position(1, 1)


def test_merge_keys_fill_in_and_give_way() -> None:
    text = "base: &base {a: 1, b: 2}\nthis:\n  <<: *base\n  b: 3\nboth:\n  <<: [{a: 9}, *base]\n"
    result = parse(text, "f.yaml")
    assert result.problems == ()
    assert result.documents[0].value["this"] == {"a": 1, "b": 3}
    assert result.documents[0].value["both"] == {"a": 9, "b": 2}


def test_an_alias_is_a_copy() -> None:
    value = parse("a: &a {x: [1]}\nb: *a\n", "f.yaml").documents[0].value
    value["a"]["x"].append(2)
    assert value["b"] == {"x": [1]}


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: b: c\n", 1, 5, "mapping values"),
        ("a:\n\t- b\n", 2, 1, "cannot start any token"),
        ("a: [1, 2\n", 2, 1, "began on line 1"),
        ("a: *b\n", 1, 4, "this alias"),
        ("a: &a [*a]\n", 1, 8, "contains itself"),
        ("a: .nan\n", 1, 4, "no JSON form"),
        ("a: 1\n? [b]\n: 2\n", 2, 3, "a key is a list"),
        ("? {b: 1}\n: 2\n", 1, 3, "a key is a mapping"),
        ("x: &x [1]\n*x : 2\n", 2, 1, "alias"),
        ("<<: 1\n", 1, 5, "merge key"),
        ("a: !!int b\n", 1, 4, "!!int"),
        ("a: \x07\n", 1, 4, "U+0007"),
        ("ä: b\nc: \x00\n", 2, 4, "U+0000"),
        ("a: '\n", 2, 1, "began on line 1"),
    ],
)
def test_what_the_server_cannot_read_is_a_problem_at_its_place(text: str, line: int, column: int, words: str) -> None:
    (problem,) = parse(text, "f.yaml").problems
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message
    assert problem.code == "syntax"


def test_duplicate_keys_name_both_lines_and_the_pointer() -> None:
    result = parse("spec:\n  list:\n    - a: 1\n      b: 2\n      a: 3\n", "f.yaml")
    (problem,) = result.problems
    assert (problem.code, problem.line, problem.column) == ("duplicate-key", 5, 7)
    assert problem.pointer == "/spec/list/0/a"
    assert "line 3" in problem.message


def test_documents_after_a_broken_one_are_still_read() -> None:
    result = parse("a: 1\n---\nb: c: d\n---\ne: *f\n---\ng: 2\n", "f.yaml")
    assert [document.value for document in result.documents] == [{"a": 1}, {"g": 2}]
    assert [problem.line for problem in result.problems] == [3, 5]
    assert result.documents[1].position(("g",)) == Position(7, 1)


def test_conflict_markers_are_said_to_be_that() -> None:
    (problem,) = parse("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", "f.yaml").problems
    assert (problem.code, problem.line) == ("conflict-marker", 2)


def _bomb() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(9)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        _bomb(),
        "[" * 100_000,
        "- " * 100_000,
        "".join(" " * i + "a:\n" for i in range(MAX_DEPTH + 1)),
        f"a: &a {'[' * 150}{']' * 150}\nb: {'[' * 100}*a{']' * 100}\n",
    ],
    ids=["alias bomb", "flow", "block", "mappings", "through an alias"],
)
def test_depth_and_aliases_are_bounded(text: str) -> None:
    result = parse(text, "f.yaml")
    assert result.documents == ()
    assert result.problems


def test_as_many_aliases_as_people_use_are_fine() -> None:
    text = "a: &a {x: 1, y: 2}\nb:\n" + "  - *a\n" * 400
    assert parse(text, "f.yaml").problems == ()


def test_problems_of_one_file_are_bounded() -> None:
    assert len(parse("a: b: c\n---\n" * 1000, "f.yaml").problems) == MAX_PROBLEMS


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text("abyn01:-#é \n'\"", max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abk/~", max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_json_is_read_as_json(value: object) -> None:
    result = parse(json.dumps(value), "f.yaml")
    assert result.problems == ()
    assert [document.value for document in result.documents] == ([] if value is None else [value])


@given(st.text("ab:- \n\t[]{}&*!|>'\"#%?,\x00é", max_size=60))
def test_no_text_makes_the_parser_raise(text: str) -> None:
    result = parse(text, "f.yaml")
    for document in result.documents:
        assert document.position(("a", 0)).line >= 1
    try:
        readable = list(yaml.compose_all(text.removeprefix("\ufeff"), yaml.CSafeLoader))
    except yaml.YAMLError:
        assert result.problems
    else:
        assert result.problems or len(result.documents) <= len(readable)
