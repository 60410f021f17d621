"""docs/faults.md: the catalogue of faults that the tests put into our environments, and the rules that find them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nimfleet.rules.registry import all_rules

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/faults.md"


def page() -> str:
    """Markdown of docs/faults.md."""
    return "\n".join(_page()) + "\n"


def _catalogue() -> tuple[dict[str, tuple[Any, ...]], int]:
    """The faults by family, and how many near misses there are."""
    folder = str(ROOT / "tests" / "catalogue")
    sys.path.insert(0, folder)
    try:
        import faults  # noqa: PLC0415 - it lies beside the tests that use it
    finally:
        sys.path.remove(folder)
    found = {family: tuple(item for item in items if item.expect) for family, items in faults.FAMILIES.items()}
    return found, len(faults.NEAR_MISSES)


def _page() -> Iterator[str]:
    families, near_misses = _catalogue()
    total = sum(map(len, families.values()))
    yield "# Faults put into working environments"
    yield ""
    yield f"Made from `tests/catalogue/` by `make generate`. Each of {total} faults is put alone into one of `clusters/`, under"
    yield "the policy `production`; the tests demand exactly these findings, each at its line, and nothing else. The"
    yield f"untouched environments, and {near_misses} changes that only look wrong, must give nothing."
    for family, items in families.items():
        yield from ("", f"## {family}", "", "| fault | environment | found by |", "|---|---|---|")
        for item in items:
            rules = "<br>".join(_link(rule) for rule in dict.fromkeys(found.rule for found in item.expect))
            yield f"| {item.name.replace('-', ' ')} | {item.environment} | {rules} |"


def _link(rule: str) -> str:
    return f"[{rule}](rules/{rule}.md)" if rule in all_rules() else rule
