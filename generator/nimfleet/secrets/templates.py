"""Go templates as external-secrets fills them in, as far as they can be read without running them."""

from __future__ import annotations

import json
import re
from typing import Any

_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|/\*.*?\*/', re.DOTALL)
_FIELD = re.compile(r"(?<![\w.)\]$])\.([A-Za-z_]\w*)")
_INDEX = re.compile(r'\bindex\s+\.\s+"([^"\\]+)"')
# These give the dot another meaning, or a name a value of the template's own.
_SCOPED = re.compile(r"\b(?:range|with|define|block|template|include|if|or|and|default|hasKey|dig|get)\b|:=")


def fields(template: str) -> frozenset[str]:
    """The fields of the dot that a template needs; none where conditions or scopes make that depend on what there is."""
    actions = _ACTION.findall(template)
    found: set[str] = set()
    for action in actions:
        code = _LITERAL.sub('""', action)
        if _SCOPED.search(code):
            return frozenset()
        found.update(_FIELD.findall(code))
        found.update(_INDEX.findall(action))
    return frozenset(found)


def docker_fault(template: str) -> str:
    """What is wrong with the template of a docker config, ``""`` when it can become one."""
    if not _ACTION.sub("", template).strip():
        return ""
    faults = []
    for stand_in in ("x", '"x"', '{"x":{}}'):
        try:
            value: Any = json.loads(_ACTION.sub(lambda _, text=stand_in: text, template))  # type: ignore[misc] # bound now
        except ValueError as error:
            faults.append(f"is no JSON ({error.msg})" if isinstance(error, json.JSONDecodeError) else "is no JSON")
            continue
        auths = value.get("auths") if isinstance(value, dict) else None
        if auths is None:
            return "has no `auths`"
        if not isinstance(auths, dict) or not auths:
            return "has `auths` without a registry"
        return ""
    return faults[0]
