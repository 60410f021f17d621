"""A second opinion: the real kubeconform over the same schemas, without the network.

kubeconform looks a schema up by a path template, and a schema location that is a path is never fetched. So
the schemas that the documents need are laid out in a temporary folder, exactly those that our own check used,
and that folder is the only location: what is missing there is reported as skipped.

kubeconform does not know the server's defaulting and removal of nulls; documents are handed over after both
(:func:`nimfleet.schema.check.normalise`), so that its verdict is on the same thing as ours.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from nimfleet.errors import NimfleetError
from nimfleet.manifest.walk import get
from nimfleet.schema.check import normalise
from nimfleet.schema.model import Schema

LOCATION: Final = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
"""kubeconform's template for a release's folder; ``Group`` is ``v1`` for the core group."""

Key = TypeVar("Key")
Find = Callable[[str, str, str], Schema | None]
_Identity = tuple[str, str, str]


_LEAF: Final = re.compile(r"- at '([^']*)': (.*?)(?=\s+- at '|$)", re.DOTALL)


class KubeconformError(NimfleetError):
    """kubeconform could not be run, or did not answer as it should."""


class Status(StrEnum):
    """What kubeconform says of a document."""

    VALID = "valid"
    INVALID = "invalid"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``complaints`` are pairs of the JSON Pointer that kubeconform names (``""`` for the document) and its own words."""

    status: Status
    complaints: tuple[tuple[str, str], ...] = ()


def run(
    documents: Iterable[tuple[Key, Mapping[str, Any]]], find: Find, binary: Path, *, timeout: float = 120.0
) -> dict[Key, Verdict]:
    """kubeconform's verdict on each document, by its key (any hashable).

    ``find`` gives the schema of (group, version, kind), or None: such a document is skipped. A version that
    is not served is handed over as a schema that refuses everything. ``timeout`` is in seconds, for the whole
    run.

    Raises:
        KubeconformError: the binary cannot be run, takes too long, or leaves a document without an answer.
    """
    verdicts: dict[Key, Verdict] = {}
    order: list[Key] = []
    files: list[dict[_Identity, tuple[Key, str]]] = []
    with tempfile.TemporaryDirectory(prefix="nimfleet-kubeconform-") as folder:
        schemas, inputs = Path(folder) / "schemas", Path(folder) / "documents"
        inputs.mkdir()
        written: set[Schema] = set()
        for key, value in documents:
            order.append(key)
            schema = _schema_of(value, find)
            if schema is None:
                verdicts[key] = Verdict(Status.SKIPPED)
                continue
            if schema not in written:
                written.add(schema)
                write_schema(schema, schemas)
            content = normalise(value, schema) if schema.served else value
            _place(files, _identity(value), (key, json.dumps(content, ensure_ascii=False)))
        for number, items in enumerate(files):
            (inputs / f"{number}.yaml").write_text("\n---\n".join(text for _, text in items.values()), encoding="utf-8")
        if files:
            for resource in _call(binary, schemas, inputs, timeout):
                identity = (resource["version"], resource["kind"], resource["name"])
                found = files[int(Path(resource["filename"]).stem)].get(identity)
                if found is not None:
                    verdicts[found[0]] = _verdict(resource)
    missing = [key for key in order if key not in verdicts]
    if missing:
        raise KubeconformError(f"kubeconform gave no verdict on {len(missing)} of {len(order)} documents")
    return {key: verdicts[key] for key in order}


def _identity(value: Mapping[str, Any]) -> _Identity:
    """What kubeconform tells the documents of one file apart by."""
    generated = get(value, "metadata", "generateName")
    name = f"{generated}{{{{ generateName }}}}" if generated else get(value, "metadata", "name")
    return (str(value["apiVersion"]), str(value["kind"]), name if isinstance(name, str) else "")


def _place(files: list[dict[_Identity, Any]], identity: _Identity, item: Any) -> None:
    """Put a document into the first file without another of the same identity: few files are read fast."""
    for file in files:
        if identity not in file:
            file[identity] = item
            return
    files.append({identity: item})


def write_schema(schema: Schema, folder: Path) -> Path:
    """Write one schema below ``folder``, where :data:`LOCATION` finds it; returns the file."""
    path = folder / (schema.group or schema.version) / f"{schema.kind.lower()}_{schema.version}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = schema.document if schema.served else {"not": {}}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _schema_of(value: Mapping[str, Any], find: Find) -> Schema | None:
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return None
    group, _, version = api_version.rpartition("/")
    return find(group, version, kind)


def _call(binary: Path, schemas: Path, inputs: Path, timeout: float) -> list[dict[str, Any]]:
    command = [
        str(binary),
        "-strict",
        "-verbose",
        "-ignore-missing-schemas",
        "-output",
        "json",
        "-schema-location",
        f"{schemas}/{LOCATION}",
        str(inputs),
    ]
    try:
        # The empty environment keeps the verdict independent of the caller's.
        done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", env={}, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise KubeconformError(f"{binary} did not finish within {timeout:g} seconds") from error
    except OSError as error:
        raise KubeconformError(f"{binary} cannot be run ({error.strerror})") from error
    try:
        resources = json.loads(done.stdout)["resources"]
    except (ValueError, KeyError, TypeError) as error:
        words = done.stderr.strip() or done.stdout.strip() or "it printed nothing"
        raise KubeconformError(f"{binary} ended with exit code {done.returncode}: {words[:500]}") from error
    return list(resources or ())


def _verdict(resource: Mapping[str, Any]) -> Verdict:
    status = resource.get("status")
    if status == "statusValid":
        return Verdict(Status.VALID)
    if status == "statusSkipped":
        return Verdict(Status.SKIPPED)
    text = str(resource.get("msg", ""))
    # The text names the leaves; `validationErrors` may stop at a parent.
    leaves = [(path, words.strip()) for path, words in _LEAF.findall(text) if words.strip() != "validation failed"]
    errors = [(str(e.get("path", "")), str(e.get("msg", ""))) for e in resource.get("validationErrors") or ()]
    return Verdict(Status.INVALID, tuple(leaves or errors) or (("", text),))
