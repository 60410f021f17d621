"""Overlays that only list files: their output is known without running kustomize.

Most overlays of a fleet are of this sort, and starting a process for each is most of the time that a validation takes.
Whatever is not certainly so (a transformer, a patch, a name that occurs twice, a scalar that kustomize writes in another
way than it read it) is left to kustomize. Tests hold both against each other.
"""

from __future__ import annotations

import re
from typing import Any

from nimfleet.manifest.parse import Document, ParseResult
from nimfleet.repository.files import SourceFile
from nimfleet.repository.kustomization import GROUP, Graph, kustomization_in
from nimfleet.repository.overlay import Overlay

_KEYS = frozenset(("apiVersion", "kind", "resources"))
_API_VERSIONS = frozenset((None, f"{GROUP}/v1beta1"))
_KINDS = frozenset((None, "Kustomization"))

# Anchors, aliases, tags and merge keys; and scalars that YAML 1.1 and 1.2 read differently or
# that have several spellings: kustomize writes some of these anew.
_WORDS = "y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|True|TRUE|False|FALSE|Null|NULL|~|="
_NUMBERS = (
    r"[-+]?0[0-9_oxbOXB][0-9a-fA-F_]*"  # octal, hexadecimal, binary
    r"|[-+]?[0-9][0-9_]*_[0-9_.eE+-]*"  # with underscores
    r"|[-+]?[0-9_]+(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"  # base 60
    r"|\+[0-9.]+|[-+]?\.[0-9][0-9_]*(?:[eE][-+0-9]*)?|[-+]?[0-9]+\.|[-+]?[0-9.]+[eE][-+]?[0-9]+"  # fractions, exponents
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\S*(?:[ \t]+\S.*)?"  # dates
    r"|-0(?:\.0*)?|[-+]?[0-9]+\.[0-9]*0|[-+]?[0-9]{16,}(?:\.[0-9]*)?|[-+]?[0-9]*\.[0-9]{12,}"
)
_UNSURE = re.compile(
    r"[\t\x85\u2028\u2029\ufeff]|<<[ ]*:|\? |(?:^|[ \[{,])(?:&[^\s&]|[*!%@`])"
    rf"|(?:^|[ \[{{,])(?:{_WORDS}|{_NUMBERS})[ ]*(?:$|[,\]}}:#]| #)"
    r"|(?:^|[ \[{,])(?:true|false|null|[-+]?[0-9.]+)[ ]*:(?:[ ]|$)"  # a key that is no text
    r"|(?:: |- |^)[ ]*[\[{](?![\]}][ ]*(?:#|$))"  # a flow collection that is not empty
)
_REMEMBERED = 50_000
_lines: dict[str, bool] = {}
_OWN = ("config.kubernetes.io/", "config.k8s.io/", "internal.", "kustomize.", "alpha.config.kubernetes.io/")


def simple_output(overlay: Overlay, graph: Graph) -> ParseResult | None:
    """What ``overlay`` builds to: the documents of the files that it lists; None when kustomize must tell.

    ``graph`` must have been found harmless. The documents are those of the files, with their places in them.
    """
    changes = overlay.changes
    if changes.fields or changes.components or graph.patches:
        return None
    if not all(_only_lists(kustomization_in(graph.files, folder)) for folder in graph.folders):
        return None
    documents: list[Document] = []
    seen: set[tuple[str, str, str, str]] = set()
    for path in graph.resources:
        source = graph.files.read(path)
        if source.text is None or source.problems or not source.documents or not _sure(source.text):
            return None
        if changes.variables is not None and "$" in source.text:
            return None
        for document in source.documents:
            identity = document.id
            if identity is None or not _plain(document.value):
                return None
            # kustomize takes no namespace for `default`.
            key = (identity.group, identity.kind, identity.namespace or "default", identity.name)
            if key in seen:
                return None
            seen.add(key)
            documents.append(document)
    return ParseResult(tuple(documents), ()) if documents else None


def _sure(text: str) -> bool:
    """Whether kustomize writes every line as it read it; manifests repeat themselves, so lines are remembered."""
    for line in text.split("\n"):
        try:
            known = _lines[line]
        except KeyError:
            known = _UNSURE.search(line) is None
            if len(_lines) < _REMEMBERED:
                _lines[line] = known
        if not known:
            return False
    return True


def _only_lists(source: SourceFile | None) -> bool:
    if source is None or source.problems or len(source.documents) != 1:
        return False
    value = source.documents[0].value
    return (
        isinstance(value, dict)
        and value.keys() <= _KEYS
        and value.get("apiVersion") in _API_VERSIONS
        and value.get("kind") in _KINDS
        and isinstance(value.get("resources"), list)
        and all(isinstance(item, str) and item for item in value["resources"])
        and len(set(value["resources"])) == len(value["resources"])
    )


def _plain(value: Any) -> bool:
    """Whether kustomize passes the object on as it is."""
    kind = value["kind"]
    if kind.endswith("List") or value["apiVersion"].startswith(f"{GROUP}/"):
        return False
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        return False
    if not isinstance(metadata.get("namespace", "default"), str):
        return False
    for name in ("labels", "annotations"):
        entries = metadata.get(name, {})
        if not isinstance(entries, dict) or not all(isinstance(entry, str) for entry in entries.values()):
            return False
        if name == "annotations" and any(str(key).startswith(_OWN) for key in entries):
            return False
    return True
