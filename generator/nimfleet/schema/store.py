"""The store of converted schemas: ``<project>/<version>/<group>/<kind>_<version>.json`` and one
``index.json``.

Opening reads the index only; a schema's file is read when somebody asks for the kind. A user's repository may
have a store of its own (its ``schemas/`` folder), which lies over the packaged one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from nimfleet.errors import NimfleetError
from nimfleet.resources import schemas_root
from nimfleet.schema.model import Schema

INDEX: Final = "index.json"
FORMAT: Final = 1


class StoreError(NimfleetError):
    """A store on disk that cannot be read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored schema as the index tells it; ``source`` and ``sha256`` are those of the CRD it was made
    from.
    """

    group: str
    version: str
    kind: str
    plural: str
    scope: str
    served: bool
    cel_rules: int
    source: str
    sha256: str

    @property
    def path(self) -> str:
        """File relative to the release's folder."""
        return f"{self.group}/{self.kind.lower()}_{self.version}.json"


@dataclass(frozen=True, slots=True)
class Release:
    """One version of one upstream project. ``overlay`` is true for the user's own store."""

    project: str
    version: str
    source: str
    commit: str
    date: str
    overlay: bool
    root: Path
    entries: tuple[Entry, ...]

    @property
    def name(self) -> str:
        return f"{self.project}@{self.version}"

    @property
    def folder(self) -> Path:
        return self.root / self.project / self.version


def version_key(version: str) -> tuple[bool, tuple[int, ...], bool, str]:
    """Sorts versions: names without a number first, then by number, pre-releases before their release."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", version)
    if match is None:
        return (False, (), False, version)
    rest = version[match.end() :]
    return (True, tuple(int(part) for part in match[1].split(".")), not rest.startswith("-"), rest)


class Store:
    """Finds the schema of a custom resource. :meth:`open` is cheap; files are read lazily."""

    def __init__(self, releases: Iterable[Release]) -> None:
        # Best first: the user's own store, then newer versions, then names, so that a choice never depends on
        # the disk.
        ordered = sorted(releases, key=lambda release: release.project)
        ordered.sort(key=lambda release: version_key(release.version), reverse=True)
        ordered.sort(key=lambda release: not release.overlay)
        self._releases: dict[tuple[str, str], Release] = {}
        self._by_kind: dict[tuple[str, str, str], list[tuple[Release, Entry]]] = {}
        self._schemas: dict[Path, Schema] = {}
        self._groups: set[str] = set()
        for release in ordered:
            key = (release.project, release.version)
            if key in self._releases:
                continue  # an overlay replaces a packaged release of the same name as a whole
            self._releases[key] = release
            for entry in release.entries:
                self._by_kind.setdefault((entry.group, entry.version, entry.kind), []).append((release, entry))
                self._groups.add(entry.group)

    @classmethod
    def open(cls, root: Path | None = None, overlay: Path | None = None) -> Store:
        """Open the store at ``root`` (default: the one that ships with nimfleet) under the one at
        ``overlay``.

        A missing overlay, or one without an index (a folder that merely has the name), counts as empty.

        Raises:
            StoreError: an index is missing from ``root``, or is not one.
        """
        base = schemas_root() if root is None else root
        releases = list(read_index(base, overlay=False, required=True))
        if overlay is not None and overlay.resolve() != base.resolve():
            releases += read_index(overlay, overlay=True, required=False)
        return cls(releases)

    def find(self, group: str, version: str, kind: str, pins: Mapping[str, str] | None = None) -> Schema | None:
        """The schema of a kind, or None.

        ``pins`` maps projects to the release version that the cluster runs. Without a pin, the user's own
        store and then the newest release wins. A pinned project answers from exactly that release: when the
        release is missing (:meth:`has_release`) or lacks the kind, its other releases do not count.
        """
        for release, entry in self._by_kind.get((group, version, kind), ()):
            if pins is None or pins.get(release.project, release.version) == release.version:
                return self._schema(release, entry)
        return None

    def has_release(self, project: str, version: str) -> bool:
        """Whether schemas of this release are stored; a pin to one that is not leaves its kinds unchecked."""
        return (project, version) in self._releases

    def releases(self) -> tuple[Release, ...]:
        """All releases by project, newest first."""
        ordered = sorted(self._releases.values(), key=lambda release: version_key(release.version), reverse=True)
        return tuple(sorted(ordered, key=lambda release: release.project))

    def kinds(self) -> tuple[tuple[str, str, str], ...]:
        """All (group, version, kind), sorted."""
        return tuple(sorted(self._by_kind))

    def known_group(self, group: str) -> bool:
        """Whether any release has kinds of this API group: an unknown kind in a known group is a mistake."""
        return group in self._groups

    def versions(self, group: str, kind: str, pins: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """The served versions of a kind, sorted; for "v1beta1 is gone, use v1"."""
        found = (self.find(group, v, kind, pins) for g, v, k in self._by_kind if (g, k) == (group, kind))
        return tuple(sorted(schema.version for schema in found if schema is not None and schema.served))

    def _schema(self, release: Release, entry: Entry) -> Schema:
        path = release.folder / entry.path
        schema = self._schemas.get(path)
        if schema is None:
            # What ships does not change while a process runs; a user's own schemas may.
            make = _shipped if release.root == schemas_root() else _schema
            schema = self._schemas[path] = make(release.name, entry, path)
        return schema


def _schema(release: str, entry: Entry, path: Path) -> Schema:
    return Schema(
        group=entry.group,
        version=entry.version,
        kind=entry.kind,
        plural=entry.plural,
        scope=entry.scope,
        served=entry.served,
        cel_rules=entry.cel_rules,
        release=release,
        path=path,
        load=lambda: _read_json(path),
    )


# A schema keeps its compiled validator: whoever validates twice in one process compiles it once.
_shipped = cache(_schema)


def read_index(root: Path, *, overlay: bool, required: bool) -> list[Release]:
    """The releases that ``root/index.json`` lists; none when it is absent and not ``required``.

    Raises:
        StoreError: the index is missing (and required), not JSON, or of another format.
    """
    path = root / INDEX
    if not path.is_file():
        if required:
            raise StoreError(f"{root} is not a schema store: it has no {INDEX}")
        return []
    data = _read_json(path)
    if data.get("format") != FORMAT:
        raise StoreError(f"{path}: format {data.get('format')!r} is not known, this nimfleet reads format {FORMAT}")
    try:
        return [
            _release(project, version, record, root, overlay)
            for project, versions in data["releases"].items()
            for version, record in versions.items()
        ]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise StoreError(f"{path}: not an index of schemas ({type(error).__name__}: {error})") from error


def _release(project: str, version: str, record: Mapping[str, Any], root: Path, overlay: bool) -> Release:
    entries = []
    for gvk, item in record["kinds"].items():
        group, api_version, kind = gvk.split("/")
        entries.append(
            Entry(
                group=group,
                version=api_version,
                kind=kind,
                plural=item["plural"],
                scope=item["scope"],
                served=item["served"],
                cel_rules=item["celRules"],
                source=item["source"],
                sha256=item["sha256"],
            )
        )
    return Release(project, version, record["source"], record["commit"], record["date"], overlay, root, tuple(entries))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise StoreError(f"{path}: not JSON ({error})") from error
    if not isinstance(data, dict):
        raise StoreError(f"{path}: not a JSON object")
    return data
