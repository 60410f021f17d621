"""The registry refuses what is not whole; pages are the docstrings."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import pytest

from nimfleet.report.finding import Severity
from nimfleet.rules.docs import rule_pages
from nimfleet.rules.page import SECTIONS, read_page
from nimfleet.rules.registry import Hit, RegistryError, Rule, add, all_rules, rules_about
from nimfleet.rules.subjects import Judged, TextProblem

PAGE = "Says one thing.\n\n" + "\n\n".join(f"## {heading}\n\nWords." for heading in SECTIONS)


@pytest.fixture
def module() -> Iterator[ModuleType]:
    made = ModuleType("rules.some.odd_rule", PAGE)
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


def register(registered: dict[str, Rule[Any]], name: str) -> None:
    def check(_: object) -> Iterable[Hit]:
        return ()

    check.__module__ = "rules.some.odd_rule"
    add(registered, name, subject=object, severity=Severity.ERROR, source="here", check=check)


def test_a_whole_rule_is_registered(module: ModuleType) -> None:
    registered: dict[str, Rule[Any]] = {}
    register(registered, "some/odd-rule")
    rule = registered["some/odd-rule"]
    assert (rule.family, rule.page.summary, rule.page.instead) == ("some", "Says one thing.", "Words.")


def test_a_name_can_be_taken_once(module: ModuleType) -> None:
    registered: dict[str, Rule[Any]] = {}
    register(registered, "some/odd-rule")
    with pytest.raises(RegistryError, match="twice"):
        register(registered, "some/odd-rule")


@pytest.mark.parametrize("name", ["odd-rule", "some/Odd", "some/odd_rule", "some/", "some/other-rule"])
def test_a_name_is_family_and_kebab_case_and_that_of_the_module(module: ModuleType, name: str) -> None:
    with pytest.raises(RegistryError):
        register({}, name)


def test_a_rule_without_a_page_is_refused(module: ModuleType) -> None:
    module.__doc__ = "Says one thing."
    with pytest.raises(RegistryError, match="sections"):
        register({}, "some/odd-rule")


@pytest.mark.parametrize(
    ("docstring", "words"),
    [
        ("", "sections"),
        (PAGE.replace("## Example", "## Examples"), "Examples"),
        (PAGE.replace("Says one thing.", ""), "summary"),
        (PAGE.replace("Says one thing.", "Two\nlines."), "one line"),
        (PAGE[: -len("Words.")], "`Use instead` is empty"),
        (PAGE + "\n\n## Example\n\nAgain.", "twice"),
        (PAGE + "\n\n## More\n\nToo much.", "sections"),
    ],
)
def test_a_page_must_be_whole(docstring: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_page(docstring)


def test_rules_are_sorted_and_found_by_what_they_look_at() -> None:
    names = list(all_rules())
    assert names == sorted(names)
    assert [rule.name for rule in rules_about(TextProblem)] == [
        "yaml/conflict-marker",
        "yaml/duplicate-key",
        "yaml/syntax",
        "yaml/unreadable",
    ]
    assert all(rule.family == "schema" for rule in rules_about(Judged))


def test_every_rule_has_a_page_and_a_line_in_the_index() -> None:
    pages = rule_pages()
    assert list(pages) == sorted(pages)
    for name, rule in all_rules().items():
        assert f"]({name}.md) | {rule.severity}" in pages["docs/rules/README.md"]
        assert pages[f"docs/rules/{name}.md"].startswith(f"# {name}\n")
    assert len(pages) == len(all_rules()) + 1
