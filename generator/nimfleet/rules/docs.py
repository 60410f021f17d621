"""The rules' documentation pages, made from their docstrings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.rules.registry import Rule, all_rules


def rule_pages() -> dict[str, str]:
    """Markdown of every page under ``docs/rules/`` by path relative to the repository (POSIX), with an
    index."""
    rules = all_rules().values()
    pages = {f"docs/rules/{rule.name}.md": page(rule) for rule in rules}
    pages["docs/rules/README.md"] = "\n".join(_index()) + "\n"
    return dict(sorted(pages.items()))


def page(rule: Rule[Any]) -> str:
    """One rule's page."""
    lines = [f"# {rule.name}", "", rule.page.summary, "", f"Severity: **{rule.severity}**", ""]
    for heading, text in rule.page.sections():
        lines += [f"## {heading}", "", text, ""]
    lines += ["## Source", "", rule.source, ""]
    return "\n".join(lines)


def _index() -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield "Made from the rules' docstrings by `make generate`; `nimfleet explain RULE` prints the same."
    family = ""
    for rule in all_rules().values():
        if rule.family != family:
            family = rule.family
            yield from ("", f"## {family}", "", "| rule | severity | what it checks |", "|---|---|---|")
        name = rule.name.partition("/")[2]
        yield f"| [{rule.name}]({family}/{name}.md) | {rule.severity} | {rule.page.summary} |"
