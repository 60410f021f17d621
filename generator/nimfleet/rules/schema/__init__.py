"""Rules that follow from the schemas of Kubernetes and custom resources.

One check finds all violations of an object; each belongs to the rule that its keyword says.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.rules.registry import Hit
from nimfleet.rules.subjects import Judged

_RULES = {
    "schema/unknown-field": ("unknown-field", "additionalProperties", "unevaluatedProperties"),
    "schema/type": ("type",),
    "schema/required": ("required", "dependentRequired"),
    "schema/enum": ("enum", "const", "constant"),
    "schema/pattern": ("pattern", "format"),
    "schema/bound": (
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
    ),
    "schema/duplicate-item": ("list-type", "uniqueItems"),
    "schema/metadata": ("metadata",),
    "schema/cel": ("cel",),
    "schema/native": ("native",),
    "schema/unserved-version": ("served",),
}
_RULE_OF = {keyword: name for name, keywords in _RULES.items() for keyword in keywords}
_REST = "schema/mismatch"
_SECRET_PARTS = {("data",), ("stringData",)}


def rule_of(keyword: str) -> str:
    """The rule that reports violations with this keyword."""
    return _RULE_OF.get(keyword, _REST)


def claimed(subject: Judged, name: str) -> Iterator[Hit]:
    """The violations that belong to rule ``name``."""
    for violation in subject.violations:
        if rule_of(violation.keyword) == name:
            place = subject.object.place(violation.pointer)
            message = violation.message
            if subject.object.id.kind == "Secret" and violation.pointer[:1] in _SECRET_PARTS:
                # The end of the sentence shows what was found: here, a secret.
                message = message.partition(", found ")[0]
            yield Hit(place, message, str(subject.object.id), violation.pointer)
