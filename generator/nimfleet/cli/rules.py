"""`nimfleet rules` and `nimfleet explain`: what is checked, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nimfleet.cli.tables import Format, print_json, print_table

if TYPE_CHECKING:
    from nimfleet.rules.registry import Rule


def rules_command(
    family: Annotated[
        str | None, typer.Argument(metavar="[FAMILY]", help="Only the rules of one family, for example schema.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How to print the list.")] = Format.TEXT,
) -> None:
    """List every rule, by family."""
    rules = _families()
    if family is not None:
        rules = {family: _family(family)}
    if format is Format.JSON:
        print_json({"families": {name: [_brief(rule) for rule in members] for name, members in rules.items()}})
        return
    rows = [(rule.name, str(rule.severity), rule.page.summary) for members in rules.values() for rule in members]
    print_table(("rule", "severity", "what it checks"), rows)
    count = len(rows)
    typer.echo(f"\n{count} rule{'s' if count != 1 else ''}; `nimfleet explain RULE` says more")


def explain_command(
    name: Annotated[
        str, typer.Argument(metavar="RULE|FAMILY", help="For example schema/unknown-field, or schema for all of them.")
    ],
    format: Annotated[Format, typer.Option("--format", help="How to print the page.")] = Format.TEXT,
) -> None:
    """Print what a rule checks, why it matters, and what to write instead."""
    from nimfleet.rules.docs import page
    from nimfleet.rules.registry import all_rules

    rules = all_rules()
    chosen = [rules[name]] if name in rules else _family(name)
    if format is Format.JSON:
        print_json({"rules": [_whole(rule) for rule in chosen]})
        return
    typer.echo("\n".join(page(rule) for rule in chosen), nl=False)


def _families() -> dict[str, list[Rule[Any]]]:
    from nimfleet.rules.registry import all_rules

    found: dict[str, list[Rule[Any]]] = {}
    for rule in all_rules().values():
        found.setdefault(rule.family, []).append(rule)
    return found


def _family(name: str) -> list[Rule[Any]]:
    """The rules of a family, which may be written as ``family/*``, too."""
    from nimfleet.errors import UsageError
    from nimfleet.rules.registry import all_rules
    from nimfleet.suggest import did_you_mean

    families = _families()
    family = name.removesuffix("/*").rstrip("/")
    if family not in families:
        known = [*all_rules(), *families] if "/" in name else [*families, *all_rules()]
        raise UsageError(f"there is no rule or family '{name}'.{did_you_mean(name, known)} `nimfleet rules` lists them")
    return families[family]


def _brief(rule: Rule[Any]) -> dict[str, Any]:
    from nimfleet.rules.fixed import is_fixed

    return {
        "rule": rule.name,
        "severity": str(rule.severity),
        "suppressible": not is_fixed(rule.name),
        "summary": rule.page.summary,
        "source": rule.source,
    }


def _whole(rule: Rule[Any]) -> dict[str, Any]:
    return {**_brief(rule), "sections": dict(rule.page.sections())}
