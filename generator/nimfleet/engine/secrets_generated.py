"""What ``secretGenerator`` of a kustomization makes Secrets of."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from nimfleet.manifest.parse import Document
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import items, sequence, text
from nimfleet.repository.files import KUSTOMIZATION_NAMES, Files, SourceFile
from nimfleet.repository.kustomization import GROUP
from nimfleet.rules.subjects import GeneratedSecret, SecretPlaceholder
from nimfleet.secrets.docker import KEYS, Credentials, credentials
from nimfleet.secrets.kubernetes import ENCRYPTED, SecretValue
from nimfleet.secrets.names import is_public
from nimfleet.secrets.placeholder import is_placeholder
from nimfleet.secrets.scan import scan
from nimfleet.secrets.shapes import Kind


def generated(files: Files, source: SourceFile) -> Iterator[GeneratedSecret | SecretPlaceholder]:
    """Entries that take a secret, or a placeholder, from the repository in plain text. Where the file itself shows what it
    is, that is told there and not here."""
    for document in source.documents:
        if source.name in KUSTOMIZATION_NAMES or (document.id is not None and document.id.group == GROUP):
            for pointer, entry in items(document.value, "secretGenerator"):
                yield from _entry(files, source.folder, document, pointer, entry)


def _entry(
    files: Files, folder: str, document: Document, pointer: Pointer, entry: Any
) -> Iterator[GeneratedSecret | SecretPlaceholder]:
    for index, item in enumerate(sequence(entry.get("literals"))):
        key, assigned, value = text(item).partition("=")
        value = value.strip("\"'")
        at = (*pointer, "literals", index)
        literal = SecretValue(at, key, value, value)
        if assigned and literal.placeholder:
            yield SecretPlaceholder(document, key, at)
        # What has a shape is found as text. A telling name needs no guess here: a Secret is made of it.
        elif assigned and literal.real and all(leak.kind is Kind.PLAIN_VALUE for leak in scan(text(item))):
            yield GeneratedSecret(document, at, "literals", key, value)
    envs = [("envs", index, item) for index, item in enumerate(sequence(entry.get("envs")))]
    if entry.get("env"):
        envs.append(("env", -1, entry.get("env")))
    for field, index, item in envs:
        path, content = _content(files, folder, text(item))
        where: Pointer = (*pointer, field) if index < 0 else (*pointer, field, index)
        if content is None or scan(content) or ENCRYPTED in content:
            continue
        for line in content.splitlines():
            key, assigned, value = line.partition("=")
            value = value.strip().strip("\"'")
            if (
                assigned
                and not line.lstrip().startswith("#")
                and not is_public(key.strip())
                and not is_placeholder(value)
            ):
                yield GeneratedSecret(document, where, "envs", key.strip(), path)
                break
    for index, item in enumerate(sequence(entry.get("files"))):
        key, assigned, name = text(item).rpartition("=")
        path, content = _content(files, folder, name)
        key = key if assigned else posixpath.basename(name)
        if content is None or scan(content) or ENCRYPTED in content or is_public(key):
            continue
        if key in KEYS:
            if credentials(content) is Credentials.REAL:
                yield GeneratedSecret(document, (*pointer, "files", index), "files", key, path)
        elif content.strip() and not is_placeholder(content):
            yield GeneratedSecret(document, (*pointer, "files", index), "files", key, path)


def _content(files: Files, folder: str, name: str) -> tuple[str, str | None]:
    """Path and text of a file that a kustomization names; no text where there is no such text file in the repository."""
    path = posixpath.normpath(posixpath.join(folder, name))
    full = files.root / path
    if not name or path.startswith("..") or not files.inside(path) or not full.is_file() or full.is_symlink():
        return path, None
    try:
        if full.stat().st_size > 1 << 20:
            return path, None
        return path, full.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return path, None
