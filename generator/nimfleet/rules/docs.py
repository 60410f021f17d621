"""The rules' documentation pages, made from their docstrings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.report.rule_info import RuleInfo
from nimfleet.rules.fixed import is_fixed
from nimfleet.rules.registry import Rule, all_rules


def rule_pages() -> dict[str, str]:
    """Markdown of every page under ``docs/rules/`` by path relative to the repository (POSIX), with an
    index."""
    rules = all_rules().values()
    pages = {f"docs/rules/{rule.name}.md": page(rule) for rule in rules}
    pages["docs/rules/README.md"] = "\n".join(_index()) + "\n"
    return dict(sorted(pages.items()))


def rule_infos() -> dict[str, RuleInfo]:
    """What reports tell of each rule, by name, sorted."""
    return {
        rule.name: RuleInfo(rule.name, rule.severity, rule.page.summary, rule.page.what, page(rule))
        for rule in all_rules().values()
    }


def page(rule: Rule[Any]) -> str:
    """One rule's page."""
    fixed = "; cannot be suppressed" if is_fixed(rule.name) else ""
    lines = [f"# {rule.name}", "", rule.page.summary, "", f"Severity: **{rule.severity}**{fixed}", ""]
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
