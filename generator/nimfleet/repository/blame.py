"""Which kustomization kustomize's complaint is about: the innermost one that it names."""

from __future__ import annotations

import re

from nimfleet.manifest.parse import Position
from nimfleet.repository.files import Files, SourceFile
from nimfleet.repository.kustomization import kustomization_in

_TARGET = re.compile(r"make target for path '([^']+)'")
_UNKNOWN_FIELD = re.compile(r'unknown field \\*"([^"\\]+)\\*"')


def blamed(files: Files, error: str) -> tuple[SourceFile, Position] | None:
    """The kustomization that ``error`` names last, and the place of the field that it does not know (else its start).

    None when the text names no folder that it could not read as a kustomization.
    """
    targets = _TARGET.findall(error)
    source = kustomization_in(files, targets[-1].strip("/")) if targets else None
    if source is None:
        return None
    field = _UNKNOWN_FIELD.search(error)
    if field is not None and source.documents:
        return source, source.documents[0].position((field[1],))
    return source, Position(1, 1)
