"""Words for selectors that select nothing."""

from __future__ import annotations

from nimfleet.cluster.flux.patches import Unmatched
from nimfleet.manifest.walk import text
from nimfleet.suggest import nearest


def nothing_with(found: Unmatched) -> str:
    """What a target asks for, and what may be meant instead."""
    what = ", ".join(f"{key} `{value}`" for key, value in found.value.items() if text(value))
    return f"there is no object with {what}; {_hint(found)}"


def _hint(found: Unmatched) -> str:
    kind, name = text(found.value.get("kind")), text(found.value.get("name"))
    of_kind = [item.id for item in found.candidates if item.id.kind == kind]
    if kind and not of_kind:
        near = nearest(kind, {item.id.kind for item in found.candidates})
        return f"did you mean kind `{near}`?" if near and near != kind else f"nothing of kind {kind} is built here"
    near = nearest(name, {identity.name for identity in of_kind} or {item.id.name for item in found.candidates})
    if near and near != name:
        return f"did you mean `{near}`?"
    return "correct it, or take the entry away"
