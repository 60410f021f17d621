"""Flux's ``postBuild.substitute``: ``${VAR}`` in built manifests, as its envsubst fills them in.

An undefined variable without a default stays as it is: Flux would put nothing there, and saying so is a
rule's job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"(?P<escape>\$)?\$\{(?P<name>[_A-Za-z][_A-Za-z0-9]*)(?:(?P<how>:?[-=])(?P<default>[^{}]*))?\}")


_OFF = re.compile(r"^ {4}kustomize\.toolkit\.fluxcd\.io/substitute: [\"']?disabled[\"']?$", re.MULTILINE)
"""As kustomize writes an annotation or a label."""


def substitute_all(output: str, variables: Mapping[str, str]) -> str:
    """Like :func:`substitute`, for what kustomize has built; objects that ask to be left alone are."""
    if _OFF.search(output) is None:
        return substitute(output, variables)
    parts = output.split("\n---\n")
    return "\n---\n".join(part if _OFF.search(part) else substitute(part, variables) for part in parts)


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with the ``variables`` filled in; ``${VAR:=default}`` and ``$${ESCAPED}`` as in Flux."""

    def fill(match: re.Match[str]) -> str:
        if match["escape"]:
            return match.group()[1:]
        value = variables.get(match["name"])
        if match["how"] is None:
            return match.group() if value is None else value
        if value is None or (not value and match["how"].startswith(":")):
            return str(match["default"])
        return value

    return _VARIABLE.sub(fill, text)
