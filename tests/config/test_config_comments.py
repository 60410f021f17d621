"""Suppressions in comments: where they are, what they are about, what only looks like one."""

from __future__ import annotations

import pytest

from nimfleet.config.comments import Comment, comments


def one(text: str) -> Comment:
    [found] = comments(text, "a.yaml")
    return found


def test_at_the_end_of_a_line() -> None:
    assert one("a: 1\nb: 2 # nimfleet: ignore x/y, z/w -- why -- not\n") == Comment(
        "a.yaml", 2, 6, 2, "ignore", ("x/y", "z/w"), "why -- not"
    )


@pytest.mark.parametrize("gap", ["", "# more words\n", "  # nimfleet: ignore v/w -- too\n"])
def test_on_a_line_of_its_own_it_is_about_the_next_line_that_is_no_comment(gap: str) -> None:
    found = comments(f"a: 1\n  # nimfleet: ignore x/y -- why\n{gap}b: 2\n", "a.yaml")
    assert found[0].line == 2
    assert {comment.target for comment in found} == {3 + bool(gap)}


@pytest.mark.parametrize(
    ("text", "rules", "reason"),
    [
        ("# nimfleet: ignore x/y\n", ("x/y",), ""),
        ("# nimfleet: ignore x/y --\n", ("x/y",), ""),
        ("# nimfleet: ignore x/y --  \n", ("x/y",), ""),
        ("# nimfleet: ignore -- why\n", (), "why"),
        ("# nimfleet: ignore\n", (), ""),
        ("#nimfleet:ignore x/y z/w,x/y -- why\r\n", ("x/y", "z/w"), "why"),
        ("# nimfleet: ignore x/y-- why\n", ("x/y--", "why"), ""),
    ],
)
def test_rules_and_reason(text: str, rules: tuple[str, ...], reason: str) -> None:
    found = one(text)
    assert (found.verb, found.rules, found.reason) == ("ignore", rules, reason)


@pytest.mark.parametrize(
    "text",
    [
        "a: x# nimfleet: ignore x/y -- why\n",
        "a: 'x # nimfleet: ignore x/y -- why'\n",
        'a: "x\n  # nimfleet: ignore x/y -- why"\n',
        "a: |\n  # nimfleet: ignore x/y -- why\n",
        "a: >-\n  b\n\n  c # nimfleet: ignore x/y -- why\nd: 1\n",
        "# a nimfleet: ignore x/y\n",
        "a: nimfleet:\n",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert comments(text, "a.yaml") == ()


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  text\n# nimfleet: ignore x/y -- why\nb: 1\n",
        "a: |\n  text\n\nb: 1 # nimfleet: ignore x/y -- why\n",
        "a: plain # nimfleet: ignore x/y -- why\n",
        "\N{BYTE ORDER MARK}a: 'é' # nimfleet: ignore x/y -- why\n",
        "a: 'x' # nimfleet: ignore x/y -- why\n",
        "a: [1, # nimfleet: ignore x/y -- why\n  2]\n",
        "---\n# nimfleet: ignore x/y -- why\n---\n",
        "a: b: c # nimfleet: ignore x/y -- why\n",
    ],
)
def test_beside_values_and_in_broken_files_it_is_one(text: str) -> None:
    assert one(text).rules == ("x/y",)


def test_at_the_end_of_the_file_it_is_about_the_line_after_the_last() -> None:
    assert one("a: 1\n# nimfleet: ignore x/y -- why").target == 3


def test_many_are_told_apart() -> None:
    text = "".join(
        f"# nimfleet: ignore x/y{n} -- why\na: '# nimfleet: ignore' # nimfleet: ignore z/z -- why\n" for n in range(50)
    )
    found = comments(text + "  # nimfleet: ignore w/w -- why\n\n", "a.yaml")
    assert [comment.line for comment in found] == list(range(1, 102))
    assert [comment.target for comment in found] == [*(n + n % 2 for n in range(1, 101)), 102]
    assert [comment.column for comment in found] == [*([1, 25] * 50), 3]
