"""docs/detection.md: what nimfleet finds in the cases of the tests, beside what kubeconform finds.

What nimfleet finds stands in each case, and the tests hold it. What kubeconform says is recorded in
tests/cases/kubeconform.json with a digest of the case, so that the page can be made and checked where there
is no kubeconform; `make generate` asks it again about cases that are new or have changed.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nimfleet.manifest.parse import parse
from nimfleet.repository.build import find_tool
from nimfleet.rules.registry import all_rules
from nimfleet.schema.core import core_schemas, minor_versions
from nimfleet.schema.kubeconform import LOCATION, write_schema
from nimfleet.schema.store import Store

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
RECORD = CASES / "kubeconform.json"
PAGE = "docs/detection.md"

_EXPECT = re.compile(r"^# expect: (?:(?P<rule>\S+/\S+) (?P<place>\d+:\d+)|nothing)$", re.MULTILINE)
_VERSION = re.compile(r"^\s*(?:require )?github\.com/yannh/kubeconform (v\S+)", re.MULTILINE)
_LEAF = re.compile(r"- at '([^']*)': (.*?)(?=\s+- at '|$)", re.DOTALL)
_SUFFIXES = (".yaml", ".yml")
_WIDEST = 100
_SPEAKS = ("invalid", "error")
_OWN = ("suppression",)


@dataclass(frozen=True, slots=True)
class Case:
    """A fixture: a file or a folder. ``found`` is what nimfleet finds, as ``rule line:column``."""

    name: str
    path: Path
    found: tuple[str, ...]
    digest: str

    @property
    def family(self) -> str:
        """Family of the rule that the case is for."""
        return self.name.partition("/")[0]

    def files(self) -> list[Path]:
        """Its files, by path."""
        return [self.path] if self.path.is_file() else sorted(path for path in self.path.rglob("*") if path.is_file())


def cases() -> list[Case]:
    """All cases, by name, but for those about suppressions, which are a matter of nimfleet's own."""
    paths = sorted(path for rule in CASES.glob("*/*") for path in rule.iterdir())
    return [case for case in map(_case, paths) if case.family not in _OWN]


def _case(path: Path) -> Case:
    bare = Case(path.relative_to(CASES).as_posix(), path, (), "")
    found: list[str] = []
    digest = hashlib.sha256()
    for file in bare.files():
        content = file.read_bytes()
        digest.update(f"{file.relative_to(CASES).as_posix()}\0{len(content)}\0".encode() + content)
        matches = _EXPECT.finditer(content.decode("utf-8", "replace"))
        found.extend(f"{match['rule']} {match['place']}" for match in matches if match["rule"])
    return Case(bare.name, path, tuple(found), digest.hexdigest())


def version() -> str:
    """The version of kubeconform that tools/go.mod pins."""
    match = _VERSION.search((ROOT / "tools" / "go.mod").read_text("utf-8"))
    if match is None:
        raise SystemExit("tools/go.mod does not pin kubeconform")
    return match[1]


def recorded() -> dict[str, dict[str, str]]:
    """What kubeconform said of each case, where the case is still the same and the version, too."""
    if not RECORD.is_file():
        return {}
    record = json.loads(RECORD.read_text("utf-8"))
    if record["version"] != version():
        return {}
    digests = {case.name: case.digest for case in cases()}
    return {name: entry for name, entry in record["cases"].items() if digests.get(name) == entry["digest"]}


def record() -> bool:
    """Ask kubeconform about the cases that it has not seen; whether the record has changed.

    Without kubeconform nothing changes.
    """
    binary = find_tool("kubeconform", ROOT)
    if binary is None:
        return False
    known = recorded()
    entries = {case.name: known.get(case.name) or _ask(case, binary) for case in cases()}
    value = {"version": version(), "cases": entries}
    text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if RECORD.is_file() and RECORD.read_text("utf-8") == text:
        return False
    RECORD.write_text(text, encoding="utf-8")
    return True


def _ask(case: Case, binary: Path) -> dict[str, str]:
    """kubeconform on the files as they stand, strict, with the schemas that nimfleet uses."""
    manifests = [path for path in case.files() if path.suffix in _SUFFIXES]
    if case.path.is_dir():
        # As people call it: without kustomizations and patches, which are no manifests.
        manifests = [path for path in manifests if _is_manifest(path)]
    if not manifests:
        return {"digest": case.digest, "status": "skipped", "message": "nothing that it reads"}
    with tempfile.TemporaryDirectory() as folder:
        _write_schemas(manifests, Path(folder))
        options = ["-strict", "-verbose", "-ignore-missing-schemas", "-output", "json"]
        command = [str(binary), *options, "-schema-location", f"{folder}/{LOCATION}", *map(str, manifests)]
        done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8", env={}, timeout=60)
        try:
            resources = json.loads(done.stdout)["resources"] or []
        except (ValueError, KeyError):
            return {"digest": case.digest, "status": "error", "message": "breaks off"}
    status, message = _worst(resources)
    return {"digest": case.digest, "status": status, "message": message}


def _is_manifest(path: Path) -> bool:
    if path.stem == "kustomization":
        return False
    result = parse(path.read_bytes().decode("utf-8", "replace"), path.name)
    return bool(result.problems) or all(document.id is not None for document in result.documents)


def _worst(resources: list[dict[str, Any]]) -> tuple[str, str]:
    for status in ("statusInvalid", "statusError"):
        for resource in resources:
            if resource["status"] == status:
                return status.removeprefix("status").lower(), _brief(str(resource.get("msg", "")))
    if any(resource["status"] == "statusValid" for resource in resources):
        return "valid", ""
    return "skipped", "no schema" if resources else "nothing in it"


def _brief(message: str) -> str:
    leaves = [f"{path}: {words.strip()}" for path, words in _LEAF.findall(message)]
    words = " ".join((leaves[0] if leaves else message).split())
    return words if len(words) <= _WIDEST else words[: _WIDEST - 1] + "…"


def _write_schemas(manifests: list[Path], folder: Path) -> None:
    store, core = Store.open(), core_schemas(minor_versions()[-1])
    for path in manifests:
        for document in parse(path.read_bytes().decode("utf-8", "replace"), path.name).documents:
            if document.id is not None:
                kind = (document.id.group, document.id.version, document.id.kind)
                schema = core.find(*kind) or store.find(*kind)
                if schema is not None:
                    write_schema(schema, folder)


def page() -> str:
    """Markdown of docs/detection.md."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    verdicts = recorded()
    known = cases()
    faulty = [case for case in known if case.found]
    good = [case for case in known if not case.found]
    missed = sum(not _speaks(verdicts, case) for case in faulty)
    refused = sum(_speaks(verdicts, case) for case in good)
    yield "# What is found"
    yield ""
    yield "Made from `tests/cases/` by `make generate`. What nimfleet finds is what the tests demand, each with rule, line"
    yield f"and column. kubeconform {version()} was given the same files (of folders, the manifests) with the same schemas,"
    yield "strict, for the newest Kubernetes that nimfleet has schemas of. It checks documents one by one, against schemas"
    yield "only, and is not meant to see more."
    yield ""
    yield f"- Cases with a fault: {len(faulty)}. Of these, kubeconform says nothing of {missed}."
    yield f"- Near misses, in which nimfleet finds nothing: {len(good)}. Of these, kubeconform refuses {refused}."
    for family in sorted({case.family for case in known}):
        yield from ("", f"## {family}", "", "| case | nimfleet | kubeconform |", "|---|---|---|")
        for case in known:
            if case.family == family:
                name = case.name.partition("/")[2].removesuffix(".yaml")
                yield f"| [{name}](../tests/cases/{case.name}) | {_ours(case)} | {_theirs(verdicts, case)} |"


def _ours(case: Case) -> str:
    links = []
    for found in case.found:
        rule, _, place = found.partition(" ")
        links.append(f"[{rule}](rules/{rule}.md) {place}" if rule in all_rules() else found)
    return "<br>".join(links) or "nothing"


def _theirs(verdicts: dict[str, dict[str, str]], case: Case) -> str:
    entry = verdicts.get(case.name)
    if entry is None:
        return "not recorded"
    message = entry["message"].replace("|", "\\|").replace("<", "&lt;")
    return f"{entry['status']}: {message}" if message else entry["status"]


def _speaks(verdicts: dict[str, dict[str, str]], case: Case) -> bool:
    return verdicts.get(case.name, {}).get("status") in _SPEAKS
