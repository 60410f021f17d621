"""The API server's verdict on one document, in words that help.

The order is the server's: nulls and defaults (:mod:`nimfleet.schema.defaults`), schema, list types, metadata
(also of embedded resources), and then the rules in CEL (:mod:`nimfleet.schema.cel`) or, for kinds that
Kubernetes itself serves, those that its code has beyond its schemas (:mod:`nimfleet.schema.native`).

The server leaves CEL out when an error before it could make rules misjudge (k8s.io/apiextensions-apiserver,
``hasBlockingErr``: a wrong type, a missing field, a value outside of an enum, too long, too many), and refuses
unknown fields before anything else. The same is done here: of the schema's errors only those of
:data:`HARMLESS` let rules run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.defaults import apply_defaults, duplicates, prune_nulls
from nimfleet.schema.metadata import embedded_problems, metadata_problems
from nimfleet.schema.model import Schema

HARMLESS: Final = frozenset(
    [
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "pattern",
    ]
)
"""Keywords whose errors do not keep rules from running."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One disagreement between a document and its schema.

    ``pointer`` leads to the node that must change (for a missing property: to the mapping that lacks it; for
    an unknown one: to its key). ``keyword`` is the JSON Schema keyword that failed, ``unknown-field``,
    ``list-type``, ``metadata``, ``served``, ``cel`` or ``native``. ``message`` is one sentence without a
    closing full stop; of a rule in CEL, the message that its author wrote.
    """

    pointer: Pointer
    keyword: str
    message: str


def normalise(value: Any, schema: Schema) -> Any:
    """``value`` as the server validates it: without stray nulls and with defaults. Not mutated."""
    return apply_defaults(prune_nulls(value, schema.document), schema.default_tree)


def check(value: Any, schema: Schema, old: Any = None) -> list[Violation]:
    """Everything that an API server with ``schema`` would refuse about ``value``; empty when it would take
    it.

    ``value`` is a parsed document (JSON types only) whose apiVersion and kind are those of ``schema``; it is
    not changed. ``old`` is the object of the same name that it would replace: with it, rules about changes
    (``oldSelf``) run too. What was wrong in ``old`` already is not excused, although the server would.

    Rules that nimfleet cannot evaluate are passed over; ``schema.unchecked_rules`` lists them.
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
    rules_run = all(violation.keyword in HARMLESS for violation in out)
    out += [Violation(pointer, "list-type", message) for pointer, message in duplicates(candidate, schema.list_tree)]
    namespaced = schema.scope == "Namespaced"
    minor = schema.kubernetes_minor
    out += [
        Violation(*problem)
        for problem in metadata_problems(candidate, schema.group, schema.kind, namespaced=namespaced, minor=minor)
    ]
    if schema.has_embedded:
        out += [Violation(*problem) for problem in embedded_problems(candidate, schema.document)]
    if rules_run:
        out += _rules(candidate, schema, old)
    return sorted(out, key=_place)


def _place(violation: Violation) -> list[str]:
    """Item 10 comes after item 9."""
    return [f"{part:09}" if isinstance(part, int) else part for part in violation.pointer]


def _rules(candidate: dict[str, Any], schema: Schema, old: Any) -> list[Violation]:
    native = schema.native
    if native is not None:
        return [Violation(pointer, "native", text) for pointer, text in native(candidate)]
    if not schema.cel_rules:
        return []
    from nimfleet.schema.cel.rules import evaluate  # noqa: PLC0415 - most kinds have no rules

    if "status" in candidate and schema.status_subresource:
        candidate = {name: part for name, part in candidate.items() if name != "status"}  # dropped on create
    if candidate.get("metadata") is None:
        candidate = {**candidate, "metadata": {}}  # the server always has some
    before = normalise(old, schema) if isinstance(old, dict) else None
    return [Violation(pointer, "cel", text) for pointer, text in evaluate(candidate, schema.rule_tree, before)]
