"""Rules that a repository cannot suppress, nor make less severe."""

from __future__ import annotations

_RULES = frozenset({"yaml/syntax", "yaml/unreadable", "yaml/conflict-marker", "intent/invalid"})
_FAMILIES = frozenset({"internal", "suppression"})


def is_fixed(rule: str) -> bool:
    """Whether the rule named ``rule`` is one of them: what it finds was not looked at any further, or it is
    about suppressions themselves."""
    return rule in _RULES or rule.partition("/")[0] in _FAMILIES


def why_fixed(rule: str) -> str:
    """The reason, for a message about one of them."""
    if rule in _RULES:
        return "what cannot be read was not checked. Mend it, or leave the file out with `exclude`"
    return "it tells what nimfleet itself could not do, or what is wrong with suppressions"
