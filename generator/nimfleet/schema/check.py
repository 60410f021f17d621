"""The API server's structural verdict on one document, in words that help.

The order is the server's: nulls and defaults (:mod:`nimfleet.schema.defaults`), schema, list types, metadata.
Rules in CEL are not evaluated here: ``schema.cel_rules`` says how many a caller must report as unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.defaults import apply_defaults, duplicates, prune_nulls
from nimfleet.schema.metadata import metadata_problems
from nimfleet.schema.model import Schema


@dataclass(frozen=True, slots=True)
class Violation:
    """One disagreement between a document and its schema.

    ``pointer`` leads to the node that must change (for a missing property: to the mapping that lacks it; for
    an unknown one: to its key). ``keyword`` is the JSON Schema keyword that failed, ``unknown-field``,
    ``list-type``, ``metadata`` or ``served``. ``message`` is one sentence without a closing full stop.
    """

    pointer: Pointer
    keyword: str
    message: str


def normalise(value: Any, schema: Schema) -> Any:
    """``value`` as the server validates it: without stray nulls and with defaults. Not mutated."""
    return apply_defaults(prune_nulls(value, schema.document), schema.default_tree)


def check(value: Any, schema: Schema) -> list[Violation]:
    """Everything that an API server with ``schema`` would refuse about ``value``; empty when it would take
    it.

    ``value`` is a parsed document (JSON types only) whose apiVersion and kind are those of ``schema``; it is
    not changed.
    """
    if not schema.served:
        message = f"{schema.api_version} of {schema.kind} is not served by {schema.release}; use another version"
        return [Violation(("apiVersion",), "served", message)]
    if not isinstance(value, dict):
        return [Violation((), "type", "the document must be a mapping")]
    # Nulls are rare: a document that is valid with its nulls in place has none that the server would remove.
    candidate = apply_defaults(value, schema.default_tree)
    try:
        valid = schema.validator.is_valid(candidate)
    except ValueError as error:
        return [Violation((), "type", f"the document holds what JSON cannot: {error}")]
    out: list[Violation] = []
    if not valid:
        candidate = normalise(value, schema)
        if not schema.validator.is_valid(candidate):
            from nimfleet.schema.explain import explain  # noqa: PLC0415 - only bad documents pay for it

            out = [Violation(*problem) for problem in explain(candidate, schema)]
    out += [Violation(pointer, "list-type", message) for pointer, message in duplicates(candidate, schema.list_tree)]
    out += [Violation(*problem) for problem in metadata_problems(candidate, schema.group, schema.kind)]
    return sorted(out, key=lambda violation: [str(part).zfill(9) for part in violation.pointer])
