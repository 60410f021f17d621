"""What is seen to be clean at a glance, held against yamllint."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yamllint import linter
from yamllint.config import YamlLintConfig

from nimfleet.engine.lint_clean import Glance, remarks
from nimfleet.engine.lint_config import _BUILT_IN

PROJECT = Path(__file__).resolve().parents[2]
CONFIGURATIONS = {
    "built in": _BUILT_IN,
    "this repository": (PROJECT / ".yamllint.yaml").read_text("utf-8"),
    "template": (PROJECT / "template" / ".yamllint.yaml").read_text("utf-8"),
    "default": "extends: default",
    "relaxed": "extends: relaxed",
    "indented lists": "extends: default\nrules: {indentation: {indent-sequences: true}, document-start: disable}",
    "flush lists": "extends: default\nrules: {indentation: {indent-sequences: false}, document-start: disable}",
    "consistent lists": "extends: default\nrules: {indentation: {indent-sequences: consistent}, document-start: disable}",
    "four spaces": "extends: default\nrules: {indentation: {spaces: 4}}",
    "quotes": "extends: default\nrules: {quoted-strings: enable}",
    "narrow": "extends: default\nrules: {line-length: {max: 12}, document-start: disable, comments-indentation: disable}",
    "no braces": "extends: default\nrules: {braces: {forbid: non-empty}, brackets: {min-spaces-inside-empty: 1}}",
    "nothing after colons": "extends: default\nrules: {colons: {max-spaces-after: 0}, document-start: disable}",
}
GLANCES = {
    name: (config, Glance(config.rules))
    for name, config in ((name, YamlLintConfig(content=content)) for name, content in CONFIGURATIONS.items())
}
VALUES = [
    "x",
    "1",
    "yes",
    "Yes",
    "true",
    "True",
    "a b",
    "a: b",
    "a #b",
    '"q"',
    "'s'",
    "{}",
    "[]",
    "[1, 2]",
    "|",
    "a ",
    "&a",
    "é",
]
MARKS = ["---", "", "# c", "  # c", "#c", "--- # x", "...", "text", "# yamllint disable", "   ", "\t"]

lines = st.one_of(
    st.builds(
        lambda indent, dash, key, value: " " * indent + dash + key + (f": {value}" if value else ":"),
        st.sampled_from([0, 0, 0, 0, 1, 2, 2, 2, 3, 4, 4, 6]),
        st.sampled_from(["", "", "", "- ", "- ", "-   "]),
        st.sampled_from(["a", "b", "c", "d", "e", "yes", "a/b.c"]),
        st.sampled_from([""] * 20 + VALUES[:1] * 20 + VALUES),
    ),
    st.builds(
        lambda indent, value: " " * indent + "- " + value,
        st.sampled_from([0, 2, 2, 4, 4, 6]),
        st.sampled_from(VALUES[:1] * 10 + VALUES),
    ),
    st.sampled_from(MARKS + ["---"] * 6),
)


def agrees(text: str, name: str) -> bool:
    """Whether the text was seen to be clean; if so, yamllint must say the same. If not, what is left of it must be
    judged as in the whole."""
    config, glance = GLANCES[name]
    if readable(text):
        ours = [remark for remark in remarks(text, config, glance, "x.yaml") if remark[3] != "key-duplicates"]
        theirs = [
            problem for problem in linter.run(text, config, "x.yaml") if problem.rule not in (None, "key-duplicates")
        ]
        assert ours == [(problem.line, problem.column, problem.desc, problem.rule) for problem in theirs]
    if not glance.clean(text):
        return False
    assert [
        problem for problem in linter.run(text, config, "x.yaml") if problem.rule not in (None, "key-duplicates")
    ] == []
    return True


def readable(text: str) -> bool:
    try:
        list(yaml.parse(text, yaml.BaseLoader))
    except yaml.YAMLError:
        return False
    return True


@settings(max_examples=1000, deadline=None)
@given(st.lists(lines, min_size=1, max_size=12), st.booleans())
@example(["a:", "- b", "c:", "  - d"], True)
@example(["a:", "  - b: c", "    d:", "      e: f"], True)
@example(["a:", "  - b:", "      - c", "    d: e"], True)
@example(["- a", "- b: c", "  d:", "  - e"], True)
@example(["---", "---", "a: b"], True)
@example(["a:", "  b: c", "---", "a:", "    b: c", "---", "a: b"], True)
@example(["a:", "    b: c", "---", "a:", "  b: c", "---", "a: b"], True)
@example(["a: b", "---", "a:", "    b: c", "---", "a:", "  b: c"], True)
@example(["a:", "  b: c", "---", "a: b", "", "", "---", "a: b"], True)
@example(["a:", "  b: c", "---", "a: b", "", "", "", "---", "a: b", "---", "a: b "], False)
def test_yamllint_agrees(content: list[str], newline: bool) -> None:
    text = "\n".join(content) + ("\n" if newline else "")
    for name in CONFIGURATIONS:
        agrees(text, name)


@pytest.mark.parametrize("name", ["built in", "this repository", "template"])
def test_files_of_this_repository_are_seen_to_be_clean(name: str) -> None:
    texts = [path.read_text("utf-8") for path in sorted((PROJECT / "clusters" / "dev").rglob("*.yaml"))]
    # Else looking is a waste of time.
    assert sum(agrees(text, name) for text in texts) > 0.6 * len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: b",
        "a: b \n",
        "a:  b\n",
        "a :b\n",
        "a:\n   b: c\n",
        "a:\n  -  b\n",
        "a: b\n\n",
        "\na: b\n",
        "a: [1,2]\n",
        "a: b # c\n",
        "#c\na: b\n",
        "a: " + "x" * 300 + "\n",
        "a: b\r\n",
        "a: |\n  b\n",
    ],
)
def test_what_is_not_plain_is_for_yamllint(text: str) -> None:
    assert not GLANCES["built in"][1].clean(text)
