"""Stage secrets: what must not be in a repository in plain text, and whether what hides it is whole."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nimfleet.engine.base_git import ignored
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.engine.secrets_generated import generated
from nimfleet.manifest.parse import Document
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, mapping
from nimfleet.repository.files import SourceFile
from nimfleet.repository.kustomization import GROUP
from nimfleet.repository.load import Loader
from nimfleet.repository.model import Place
from nimfleet.repository.texts import Texts
from nimfleet.rules.subjects import (
    ExternalSecretManifest,
    FoundSecret,
    GeneratedSecret,
    LastApplied,
    SealedSecretManifest,
    SecretManifest,
    SecretPlaceholder,
    SopsConfig,
    SopsDocument,
)
from nimfleet.secrets.encoded import encoded
from nimfleet.secrets.kubernetes import ENCRYPTED, SecretValue, is_sops, secret_values
from nimfleet.secrets.scan import scan, told_once
from nimfleet.secrets.shapes import Kind, Leak, legacy_keys, shaped
from nimfleet.secrets.sieve import Sieve
from nimfleet.secrets.sops import CONFIG_NAME, CONFIG_NAMES, CreationRule, creation_rules
from nimfleet.workers import mapped

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MUCH = 2 << 20
"""Characters of text from which all cores look for secrets."""
_KINDS = frozenset({"Secret", "SealedSecret", "ExternalSecret", "ClusterExternalSecret"})
_NAMED_VALUES = (
    *(
        ".env",
        ".json",
        ".toml",
        ".yaml",
        ".yml",
        ".sh",
        ".bash",
        ".ini",
        ".conf",
        ".cfg",
        ".properties",
        ".tfvars",
        ".tf",
    ),
    *(".npmrc", ".netrc", ".pypirc", ".xml", ".mk"),
)
_NAMES = ("Makefile", "Dockerfile", "Containerfile", "credentials")
_LINE_END = re.compile("\n")
_MOST_PAIRS = 1_000_000
"""Leaks times entries of one object that are held against each other; no real object comes near."""
_HOLDERS = (("data",), ("stringData",), ("spec", "encryptedData"))
_EXAMPLES = ("example", "sample", "template", ".dist")


@dataclass(frozen=True, slots=True)
class _Found:
    """What is to be judged, and the file that it is in."""

    file: str
    subject: Any
    place: Place


def secrets(runner: Runner, loader: Loader, paths: Sequence[Path]) -> Outcome:
    """Look through every file that was asked for, and through the other text files in the folders of ``paths`` (real
    paths inside the root). Files that git ignores are not in the repository and pass."""
    sources = [source for source in loader.sources if source.text is not None]
    contents = [((source.text or "").removeprefix("\ufeff"), True) for source in sources]
    sieve = Sieve()
    leaks = mapped(partial(_scan, sieve), contents, [len(text) for text, _ in contents], enough=_MUCH)
    sops = {
        posixpath.dirname(source.path): (source.path, list(creation_rules(document.value)))
        for source in sources
        if source.name == CONFIG_NAME
        for document in source.documents[:1]
    }
    found: list[_Found] = []
    for source, of_text in zip(sources, leaks, strict=True):
        of_file: Sequence[Leak] = of_text
        if source.name in CONFIG_NAMES:
            found.extend(_sops_config(source, sources))
        elif "secretGenerator" in (source.text or ""):
            subjects = list(generated(loader.files, source))
            of_file = _without_literals(source, of_text, subjects)
            for subject in subjects:
                position = subject.document.position(subject.pointer)
                found.append(_Found(source.path, subject, Place(source.path, position.line, position.column)))
        found.extend(_of_source(source, of_file, partial(_encrypted_by, sops)))
    texts = Texts()
    others = 0
    for path, text in texts.read(loader.files, paths, {source.path for source in loader.sources}):
        others += 1
        found.extend(_of_text(sieve, path, text))
    passed = ignored(loader.root, sorted({item.file for item in found}))
    runner.by_index = bool(passed)
    for item in found:
        if item.file not in passed:
            runner.judge(item.subject, item.place)
    detail = f"{_count(len(sources) + others, 'file')}"
    unread = texts.large + texts.unreadable
    parts = []
    if texts.large:
        parts.append(f"{texts.large} larger than 1 MiB not read")
    if texts.unreadable:
        parts.append(f"{texts.unreadable} cannot be read")
    if texts.beyond:
        parts.append("there are more files than are read")
    if passed:
        parts.append(f"{_count(len(passed), 'file')} with secrets ignored by git")
    if parts:
        detail += f" ({', '.join(parts)})"
    return Outcome(detail, checked=len(sources) + others, unchecked=unread + texts.beyond)


def _scan(sieve: Sieve, content: tuple[str, bool]) -> list[Leak]:
    text, names = content
    if sieve.passes(text):
        return []
    return told_once(text, scan(text, names=names))


def _of_text(sieve: Sieve, path: str, text: str) -> Iterator[_Found]:
    """Leaks in a file that is no manifest."""
    lines = _Lines(text)
    for leak in _scan(sieve, (text, has_named_values(path))):
        place = lines.place(path, leak.start)
        yield _Found(path, FoundSecret(leak, place, ""), place)


def has_named_values(path: str) -> bool:
    """Whether a file of this name holds values by their names: settings and scripts do, prose and programs do not."""
    name = path.rpartition("/")[2]
    if "/templates/" in f"/{path}" and name.endswith((".yaml", ".yml", ".tpl")):
        return False
    return name.endswith(_NAMED_VALUES) or name in _NAMES or name.startswith((".env", "Dockerfile."))


def _of_source(source: SourceFile, leaks: Sequence[Leak], encrypted_by: Any) -> Iterator[_Found]:
    """What is to be judged in a file of manifests."""
    text = (source.text or "").removeprefix("\ufeff")
    marked = LAST_APPLIED in text
    with_sops = ENCRYPTED in text or "sops:" in text or '"sops"' in text
    special = [
        document
        for document in source.documents
        if marked or with_sops or (document.id is not None and document.id.kind in _KINDS)
    ]
    if not leaks and not special:
        return
    told = dict.fromkeys(leaks, True)
    example = any(word in source.name.lower() for word in _EXAMPLES)
    starts = [leak.start for leak in leaks]
    for document in special:
        inside = leaks[bisect_left(starts, document.span[0]) : bisect_left(starts, document.span[1])]
        for subject, pointer in _of_document(document, text, inside, told, encrypted_by(source.path), example):
            if isinstance(subject, Leak):
                position = document.position(pointer)
                place = Place(source.path, position.line, position.column)
                yield _Found(source.path, FoundSecret(subject, place, str(document.id or ""), pointer), place)
            else:
                yield _Found(source.path, subject, Place(source.path, document.line, 1))
    lines = _Lines(text)
    begun = [document.span[0] for document in source.documents]
    for leak, tell in told.items():
        if tell:
            place = lines.place(source.path, leak.start)
            owner = _owner(source.documents, bisect_right(begun, leak.start) - 1, leak)
            yield _Found(source.path, FoundSecret(leak, place, owner), place)


def _of_document(
    document: Document, text: str, inside: Sequence[Leak], told: dict[Leak, bool], encrypted_by: str, example: bool
) -> Iterator[tuple[Any, Pointer]]:
    """Subjects in one document with the place to blame; leaks that a subject stands for are taken out of ``told``."""
    value = document.value
    inside = inside[: _MOST_PAIRS // (1 + sum(len(mapping(get(value, *at))) for at in _HOLDERS))]
    kind = document.id.kind if document.id is not None else ""
    # Lines of a block are indented in the text, and not in its value.
    written = {leak: _squeezed(text[leak.start : leak.end]) for leak in inside}
    if is_sops(value) or (ENCRYPTED in document.text and "\nsops:" not in document.text and _has_encrypted(value)):
        plain = []
        if kind == "Secret":
            for entry in secret_values(value):
                squeezed = _squeezed(entry.written)
                own = [leak for leak, part in written.items() if part in squeezed]
                for leak in own:
                    if leak.kind in (Kind.PLAIN_VALUE, Kind.DOCKER_CONFIG):
                        told[leak] = False
                # SOPS leaves empty text as it is.
                if entry.written and not entry.written.startswith(ENCRYPTED) and not any(told[leak] for leak in own):
                    plain.append(entry)
        yield SopsDocument(document, plain), ()
    elif kind in ("Secret", "SealedSecret"):
        prefix = ("spec", "template") if kind == "SealedSecret" else ()
        values = list(secret_values(value, *prefix))
        real: list[SecretValue] = []
        for entry in values:
            squeezed = _squeezed(entry.written)
            own = [leak for leak, part in written.items() if part in squeezed]
            for leak in own:
                # A value is a secret of this Secret's, whatever its name is.
                if leak.kind in (Kind.PLAIN_VALUE, Kind.DOCKER_CONFIG):
                    told[leak] = False
                elif entry.written != entry.plain and leak is not own[0]:
                    # Base64 in several lines, each of which shows something.
                    told[leak] = False
            shown = next(_shapes(entry), None)
            if any(told[leak] for leak in own):
                continue
            if shown is not None:
                yield shown, entry.pointer
            elif entry.docker_config:
                yield Leak(0, 0, Kind.DOCKER_CONFIG, "registry credentials"), entry.pointer
            elif entry.real:
                real.append(entry)
        if real:
            yield SecretManifest(document, real, encrypted_by), real[0].pointer
        for entry in values:
            if entry.placeholder and not example:
                yield SecretPlaceholder(document, entry.key, entry.pointer), entry.pointer
    if kind == "SealedSecret":
        entries = mapping(get(value, "spec", "encryptedData")).values()
        for leak, part in written.items():
            if leak.kind is Kind.PLAIN_VALUE and any(
                part in _squeezed(entry) for entry in entries if isinstance(entry, str)
            ):
                told[leak] = False
        yield SealedSecretManifest(document), ()
    elif kind in ("ExternalSecret", "ClusterExternalSecret"):
        for leak in inside:
            # There, it is the name that a value has in the template.
            if leak.kind is Kind.PLAIN_VALUE and leak.name == "secretKey":
                told[leak] = False
        pointer: Pointer = ("spec", "externalSecretSpec") if kind == "ClusterExternalSecret" else ("spec",)
        yield ExternalSecretManifest(document, get(value, *pointer), pointer), pointer
    annotation = get(value, "metadata", "annotations", LAST_APPLIED)
    if isinstance(annotation, str):
        squeezed = _squeezed(annotation)
        parts = [leak for leak, part in written.items() if part in squeezed]
        for leak in parts:
            if leak.kind in (Kind.PLAIN_VALUE, Kind.DOCKER_CONFIG):
                told[leak] = False
        if not any(told[leak] for leak in parts):
            where: Pointer = ("metadata", "annotations", LAST_APPLIED)
            yield LastApplied(document, where), where


def _shapes(entry: SecretValue) -> Iterator[Leak]:
    """What the shape of a value tells that the text of the file did not show, as it is written in several lines."""
    if entry.written == entry.plain:
        yield from shaped(entry.plain)
        return
    for leak in [*shaped(entry.plain), *legacy_keys(entry.plain), *encoded(entry.plain)]:
        yield Leak(leak.start, leak.end, leak.kind, leak.what, "", leak.encoded + 1)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _has_encrypted(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_encrypted, value.values()))
    if isinstance(value, list):
        return any(map(_has_encrypted, value))
    return isinstance(value, str) and value.startswith(ENCRYPTED)


def _without_literals(
    source: SourceFile, leaks: Sequence[Leak], subjects: Sequence[GeneratedSecret | SecretPlaceholder]
) -> list[Leak]:
    """The leaks without values with a telling name that are literals of a secretGenerator, which says it better."""
    literals: set[str] = set()
    for subject in subjects:
        if isinstance(subject, GeneratedSecret) and subject.source == "literals":
            # As text, a value ends where white space begins.
            literals.update((subject.value, *subject.value.split()[:1]))
    text = (source.text or "").removeprefix("\ufeff")
    return [leak for leak in leaks if leak.kind is not Kind.PLAIN_VALUE or text[leak.start : leak.end] not in literals]


def _sops_config(source: SourceFile, sources: Sequence[SourceFile]) -> Iterator[_Found]:
    prefix = f"{source.folder}/" if source.folder else ""
    below = [
        other.path.removeprefix(prefix)
        for other in sources
        if other.path.startswith(prefix)
        and "/custom/secrets/" in f"/{other.path}"
        # Only what holds secrets is to be encrypted.
        and any(document.id is not None and document.id.group != GROUP for document in other.documents)
    ]
    for document in source.documents[:1]:
        yield _Found(source.path, SopsConfig(document, sorted(below)), Place(source.path, document.line, 1))


def _encrypted_by(sops: Mapping[str, tuple[str, list[CreationRule]]], path: str) -> str:
    """The nearest ``.sops.yaml`` above a file, if a rule of it is about the file."""
    folder = posixpath.dirname(path)
    while True:
        if folder in sops:
            config, rules = sops[folder]
            inside = path[len(folder) + 1 :] if folder else path
            return config if any(rule.covers(inside) for rule in rules) else ""
        if not folder:
            return ""
        folder = posixpath.dirname(folder)


def _owner(documents: Sequence[Document], index: int, leak: Leak) -> str:
    """The object that the leak is in, if that is certain: items of a list share their place in the text."""
    if index < 0 or leak.start >= documents[index].span[1]:
        return ""
    shared = index and documents[index - 1].span == documents[index].span
    return "" if shared else str(documents[index].id or "")


class _Lines:
    """Places in a text, for any number of offsets."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []

    def place(self, file: str, offset: int) -> Place:
        """Line and column of an offset."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self._text))]
        line = bisect_right(self._starts, offset)
        return Place(file, line, offset - self._starts[line - 1] + 1)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"
