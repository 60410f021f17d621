"""Flux's ``postBuild.substitute``: ``${VAR}`` in built manifests, as its envsubst fills them in.

An undefined variable without a default stays as it is: Flux would put nothing there, and saying so is a
rule's job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_START = re.compile(r"(?P<escape>\$)?\$\{(?P<name>[_A-Za-z][_A-Za-z0-9]*)(?P<how>:?[-=])?")
_BRACE = re.compile(r"\$?\{|\}")
_OFF = re.compile(r"^ {4}kustomize\.toolkit\.fluxcd\.io/substitute: [\"']?disabled[\"']?$", re.MULTILINE)
"""As kustomize writes an annotation or a label."""


def substitute_all(output: str, variables: Mapping[str, str]) -> str:
    """Like :func:`substitute`, for what kustomize has built; objects that ask to be left alone are."""
    if _OFF.search(output) is None:
        return substitute(output, variables)
    parts = output.split("\n---\n")
    return "\n---\n".join(part if _OFF.search(part) else substitute(part, variables) for part in parts)


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with the ``variables`` filled in; ``${VAR:=default}``, ``${VAR:=${OTHER}}`` and ``$${ESCAPED}`` as in
    Flux."""
    parts: list[str] = []
    done = 0
    while (match := _START.search(text, done)) is not None:
        end = _closing(text, match)
        parts.append(text[done : match.start()])
        if end is None:
            parts.append(match.group())
            done = match.end()
            continue
        default = substitute(text[match.end() : end], variables)
        parts.append(_value(match, default, variables))
        done = end + 1
    return "".join((*parts, text[done:])) if parts else text


def _value(match: re.Match[str], default: str, variables: Mapping[str, str]) -> str:
    how = match["how"]
    if match["escape"]:
        return f"{match.group()[1:]}{default}}}"
    value = variables.get(match["name"])
    if how is None:
        return f"{match.group()}}}" if value is None else value
    if value is None or (not value and how.startswith(":")):
        return default
    return value


def _closing(text: str, match: re.Match[str]) -> int | None:
    """Where the brace of a variable closes; None when it is none, or has other braces than those of variables in its
    default."""
    end = match.end()
    if match["how"] is None:
        return end if text.startswith("}", end) else None
    inner = 0
    for brace in _BRACE.finditer(text, end):
        if brace.group() == "${":
            inner += 1
        elif brace.group() == "{":
            return None
        elif inner:
            inner -= 1
        else:
            return brace.start()
    return None
