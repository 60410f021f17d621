"""Flux's ``postBuild.substitute``: ``${VAR}`` in built manifests, as its envsubst fills them in.

An undefined variable without a default stays as it is: Flux would put nothing there, and saying so is a
rule's job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"(?P<escape>\$)?\$\{(?P<name>[_A-Za-z][_A-Za-z0-9]*)(?:(?P<how>:?[-=])(?P<default>[^{}]*))?\}")


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
