"""`nimfleet rules` and `nimfleet explain`: what is checked, and why."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How the list is printed."""

    TEXT = "text"
    JSON = "json"


def rules_command(
    format: Annotated[Format, typer.Option("--format", help="How to print the list.")] = Format.TEXT,
) -> None:
    """List every rule."""
    from nimfleet.rules.registry import all_rules

    rules = all_rules().values()
    if format is Format.JSON:
        value = [
            {"rule": rule.name, "severity": str(rule.severity), "summary": rule.page.summary, "source": rule.source}
            for rule in rules
        ]
        typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
        return
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        typer.echo(f"{rule.name:<{width}}  {rule.severity:<7}  {rule.page.summary}")


def explain_command(
    name: Annotated[str, typer.Argument(metavar="RULE", help="For example schema/unknown-field.")],
) -> None:
    """Print what a rule checks, why it matters, and what to write instead."""
    from nimfleet.errors import UsageError
    from nimfleet.rules.docs import page
    from nimfleet.rules.registry import all_rules
    from nimfleet.suggest import did_you_mean

    rules = all_rules()
    if name not in rules:
        raise UsageError(f"there is no rule '{name}'.{did_you_mean(name, rules)} `nimfleet rules` lists them")
    typer.echo(page(rules[name]), nl=False)
