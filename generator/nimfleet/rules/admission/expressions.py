"""Flux' expressions in CEL, of which only the syntax can be judged: any field may exist."""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.rules.admission import get, hit, sequence
from nimfleet.rules.registry import Hit
from nimfleet.rules.subjects import Admitted


def expression_faults(subject: Admitted) -> Iterator[Hit]:
    """Expressions of a Kustomization or HelmRelease that are not CEL."""
    for index, entry in enumerate(sequence(get(subject.spec, "healthCheckExprs"))):
        for name in ("current", "failed", "inProgress"):
            expression = get(entry, name)
            if name == "current" and expression == "":
                yield hit(subject, "`current` is empty, and Flux needs it", "healthCheckExprs", index, name)
            elif isinstance(expression, str) and expression:
                yield from _faults(subject, expression, "healthCheckExprs", index, name)
    for index, entry in enumerate(sequence(get(subject.spec, "dependsOn"))):
        expression = get(entry, "readyExpr")
        if isinstance(expression, str) and expression:
            yield from _faults(subject, expression, "dependsOn", index, "readyExpr")


def _faults(subject: Admitted, expression: str, *path: str | int) -> Iterator[Hit]:
    from nimfleet.schema.cel.errors import CompileError, UnsupportedCel  # noqa: PLC0415 - few repositories
    from nimfleet.schema.cel.parser import parse  # noqa: PLC0415 - have expressions of their own

    try:
        parse(expression)
    except UnsupportedCel:
        return
    except CompileError as error:
        yield hit(subject, f"not an expression in CEL ({error}): Flux stops here until it is changed", *path)
