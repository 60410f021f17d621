"""CRD files → a store on disk, all or nothing.

Everything is converted, compiled and written beside the store first; then finished folders are moved into
place and the index last. An error leaves the store as it was.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nimfleet.errors import NimfleetError, UsageError
from nimfleet.manifest.parse import parse
from nimfleet.schema.cel.rules import Unchecked, rule_tree, unchecked
from nimfleet.schema.convert import ConversionError, Converted, convert
from nimfleet.schema.model import compile_validator
from nimfleet.schema.store import FORMAT, INDEX, read_index

SOURCES: Final = "SOURCES.json"
UNNAMED: Final = ("local", "unversioned")
"""Project and version of schemas that were imported without a release."""

_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_RESERVED: Final = frozenset(["nimfleet"])  # holds the schemas of nimfleet's own files
_SUFFIXES: Final = frozenset([".yaml", ".yml", ".json"])


class ImportFailedError(NimfleetError):
    """Input that cannot be imported; the text names the file and the reason."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which release a CRD belongs to, and where that release came from. Empty strings mean: not known."""

    project: str = UNNAMED[0]
    version: str = UNNAMED[1]
    source: str = ""
    commit: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One schema that an import wrote; ``path`` is relative to the store. ``unchecked`` are its rules that
    nimfleet cannot evaluate.
    """

    release: str
    path: str
    api_version: str
    kind: str
    served: bool
    cel_rules: int
    unchecked: tuple[Unchecked, ...]


@dataclass(frozen=True, slots=True)
class _Item:
    origin: Origin
    source: str
    sha256: str
    converted: Converted
    unchecked: tuple[Unchecked, ...]


def parse_release(text: str) -> tuple[str, str]:
    """``k8s-nim-operator@v3.1.2`` → (``k8s-nim-operator``, ``3.1.2``).

    Raises:
        UsageError: not of that form.
    """
    project, at, version = text.partition("@")
    version = re.sub(r"^v(?=[0-9])", "", version)
    if not at or not _SAFE.fullmatch(project) or not _SAFE.fullmatch(version):
        raise UsageError(f"`{text}` is not a release; write PROJECT@VERSION, for example k8s-nim-operator@3.1.2")
    if project in _RESERVED:
        raise UsageError(f"the project name `{project}` is reserved for nimfleet's own schemas")
    return project, version


def import_crds(
    source: str, into: Path, origin: Origin | None = None, *, allow_unchecked: bool = False
) -> tuple[Written, ...]:
    """Convert the CRDs of ``source`` (a file, a folder, or ``-`` for standard input) into the store at
    ``into``.

    ``origin`` says which release they are. Without it, a folder's ``SOURCES.json`` tells that for each file,
    and other input goes to ``local@unversioned``. Kinds that the release has already are replaced, others
    stay. A rule in CEL that nimfleet cannot evaluate is refused, unless ``allow_unchecked`` says that it may
    stay unchecked; a rule that an API server would refuse always is.

    Raises:
        NimfleetError: unreadable input, anything that is not a CRD, or a CRD that cannot be converted.
        Nothing is
            written then.
    """
    items = [item for file in _read(source, origin, allow_unchecked) for item in file]
    if not items:
        raise ImportFailedError(f"{source}: no CustomResourceDefinition found")
    seen: dict[tuple[str, str, str], str] = {}
    for item in items:
        key = (item.origin.project, item.origin.version, item.converted.path)
        if key in seen:
            raise ImportFailedError(f"{item.source}: {item.converted.kind} was defined before, in {seen[key]}")
        seen[key] = item.source
    _write(items, into)
    return tuple(
        Written(
            release=f"{item.origin.project}@{item.origin.version}",
            path=f"{item.origin.project}/{item.origin.version}/{item.converted.path}",
            api_version=f"{item.converted.group}/{item.converted.version}",
            kind=item.converted.kind,
            served=item.converted.served,
            cel_rules=item.converted.cel_rules,
            unchecked=item.unchecked,
        )
        for item in sorted(items, key=lambda i: (i.origin.project, i.origin.version, i.converted.path))
    )


def _read(source: str, origin: Origin | None, allow_unchecked: bool) -> Iterator[list[_Item]]:
    if source == "-":
        yield _items(sys.stdin.buffer.read(), "stdin", origin or Origin(), "stdin", allow_unchecked)
        return
    path = Path(source)
    if path.is_file():
        yield _items(_bytes(path), str(path), origin or Origin(), path.name, allow_unchecked)
    elif path.is_dir():
        if origin is None and (path / SOURCES).is_file():
            yield from _recorded(path, allow_unchecked)
            return
        files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
        if not files:
            raise ImportFailedError(f"{path}: no .yaml, .yml or .json file found")
        for file in files:
            if file.name != SOURCES:
                name = file.relative_to(path).as_posix()
                yield _items(_bytes(file), str(file), origin or Origin(), name, allow_unchecked)
    else:
        raise UsageError(f"{source}: no such file or folder")


def _recorded(folder: Path, allow_unchecked: bool) -> Iterator[list[_Item]]:
    """The files that ``SOURCES.json`` lists, each under the release recorded for it."""
    path = folder / SOURCES
    try:
        records = json.loads(_bytes(path))
        entries = [(record["file"], _origin(record), record["path"], record["sha256"]) for record in records]
    except (ValueError, KeyError, TypeError) as error:
        raise ImportFailedError(f"{path}: not a list of sources ({type(error).__name__}: {error})") from error
    for file, origin, source, digest in sorted(entries, key=lambda entry: str(entry[0])):
        data = _bytes(folder / file)
        if hashlib.sha256(data).hexdigest() != digest:
            raise ImportFailedError(f"{folder / file}: its content is not what {SOURCES} records (sha256 differs)")
        yield _items(data, str(folder / file), origin, source, allow_unchecked)


def _origin(record: Mapping[str, Any]) -> Origin:
    repository = str(record["project"])
    version = record["version"] or f"main-{record['date']}"
    project, version = parse_release(f"{repository.rsplit('/', 1)[-1]}@{version}")
    source = f"https://github.com/{repository}" if "/" in repository else ""
    return Origin(project, version, source, str(record.get("commit") or ""), str(record.get("date") or ""))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ImportFailedError(f"{path}: cannot be read ({error.strerror})") from error


def _items(data: bytes, file: str, origin: Origin, source: str, allow_unchecked: bool) -> list[_Item]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportFailedError(f"{file}: not UTF-8 text ({error.reason} at byte {error.start})") from error
    result = parse(text, file)
    if result.problems:
        raise ImportFailedError("\n".join(str(problem) for problem in result.problems))
    digest = hashlib.sha256(data).hexdigest()
    out = []
    for document in result.documents:
        if document.value is None:
            continue
        where = f"{file}:{document.line}"
        if not isinstance(document.value, dict):
            raise ImportFailedError(f"{where}: not a CustomResourceDefinition, but {type(document.value).__name__}")
        try:
            versions = convert(document.value)
        except ConversionError as error:
            raise ImportFailedError(f"{where}: {error}") from error
        for converted in versions:
            _refuse_unusable(converted, where)
            rules = tuple(unchecked(rule_tree(converted.document)))
            _refuse_rules(converted, rules, where, allow_unchecked)
            out.append(_Item(origin, source, digest, converted, rules))
    return out


def _refuse_unusable(converted: Converted, where: str) -> None:
    for part in (converted.group, converted.kind, converted.version):
        if not _SAFE.fullmatch(part):
            raise ImportFailedError(f"{where}: `{part}` cannot be a group, kind or version")
    try:
        compile_validator(converted.document)
    except ValueError as error:
        raise ImportFailedError(
            f"{where}: {converted.kind} {converted.version} is not a usable schema: {error}"
        ) from error


def _refuse_rules(converted: Converted, rules: tuple[Unchecked, ...], where: str, allow_unchecked: bool) -> None:
    for rule in rules:
        if rule.unsupported and allow_unchecked:
            continue
        text = (
            f"{where}: {converted.kind} {converted.version}: the rule `{rule.expression}` at "
            f"{rule.where or 'the root'} cannot be evaluated: {rule.reason}"
        )
        raise ImportFailedError(f"{text} (--allow-unchecked leaves it unchecked)" if rule.unsupported else text)


def _write(items: Iterable[_Item], into: Path) -> None:
    by_release: dict[tuple[str, str], list[_Item]] = {}
    for item in items:
        by_release.setdefault((item.origin.project, item.origin.version), []).append(item)
    releases = _existing(into)
    try:
        into.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".import-", dir=into))
    except OSError as error:
        raise ImportFailedError(f"{into}: cannot be written ({error.strerror})") from error
    try:
        for (project, version), group in sorted(by_release.items()):
            record = releases.setdefault(project, {}).get(version)
            releases[project][version] = _stage(group, record, into / project / version, staging / project / version)
        (staging / INDEX).write_text(_json({"format": FORMAT, "releases": releases}), encoding="utf-8")
        _swap(sorted(by_release), staging, into)
    except OSError as error:
        raise ImportFailedError(f"{into}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _existing(into: Path) -> dict[str, dict[str, Any]]:
    """The index as it is, checked before it is extended."""
    if not read_index(into, overlay=True, required=False):
        return {}
    data = json.loads((into / INDEX).read_bytes())
    releases: dict[str, dict[str, Any]] = data["releases"]
    return releases


def _stage(items: list[_Item], record: dict[str, Any] | None, old: Path, new: Path) -> dict[str, Any]:
    """Write a release's complete new folder to ``new``; returns its record for the index."""
    kinds: dict[str, Any] = dict(record["kinds"]) if record else {}
    if old.is_dir():
        shutil.copytree(old, new)
    replaced = {(item.converted.group, item.converted.kind) for item in items}
    for gvk in list(kinds):
        group, version, kind = gvk.split("/")
        if (group, kind) in replaced:
            del kinds[gvk]
            (new / group / f"{kind.lower()}_{version}.json").unlink(missing_ok=True)
    for item in items:
        converted = item.converted
        target = new / converted.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_json(converted.document), encoding="utf-8")
        kinds[f"{converted.group}/{converted.version}/{converted.kind}"] = {
            "celRules": converted.cel_rules,
            "plural": converted.plural,
            "scope": converted.scope,
            "served": converted.served,
            "sha256": item.sha256,
            "source": item.source,
        }
    origin = items[0].origin
    return {"commit": origin.commit, "date": origin.date, "kinds": kinds, "source": origin.source}


def _swap(releases: Iterable[tuple[str, str]], staging: Path, into: Path) -> None:
    """Move staged folders into place, the index last; on an error, move everything back."""
    undo: list[tuple[Path, Path]] = []
    try:
        for project, version in releases:
            target, parked = into / project / version, staging / "replaced" / project / version
            if target.exists():
                parked.parent.mkdir(parents=True, exist_ok=True)
                target.rename(parked)
                undo.append((parked, target))
            target.parent.mkdir(parents=True, exist_ok=True)
            (staging / project / version).rename(target)
            undo.append((target, staging / project / version))
        (staging / INDEX).replace(into / INDEX)
    except OSError:
        for source, target in reversed(undo):
            source.rename(target)
        raise


def _json(value: Any) -> str:
    """One property a line, so that a release's changes read well in a diff; sorted, so that they are real
    changes.
    """
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
