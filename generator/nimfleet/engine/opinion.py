"""Stage second-opinion: kubeconform on the same objects with the same schemas."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nimfleet.engine.runner import Outcome, Runner
from nimfleet.engine.schemas import decrypted_shape, nowhere
from nimfleet.manifest.pointer import Pointer, from_json_pointer
from nimfleet.repository.build import find_tool
from nimfleet.repository.model import KubeObject
from nimfleet.rules.subjects import Opinion
from nimfleet.schema.model import Schema

TIMEOUT_SECONDS = 120
_LOCATION = "{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json"
_Key = tuple[str, str, str]
Good = Sequence[tuple[KubeObject, Schema]]


def second_opinion(runner: Runner, root: Path, good: Good) -> Outcome:
    """Ask kubeconform about the objects that nimfleet takes; what nimfleet refuses is refused anyway."""
    binary = find_tool("kubeconform", root)
    if binary is None:
        return Outcome(not_run="kubeconform is not on PATH and not in .bin (`make setup` installs it)")
    if not good:
        return Outcome(skipped="no object that nimfleet takes")
    asked = 0
    for batch in _batches(good):
        with tempfile.TemporaryDirectory(prefix="nimfleet-") as temporary:
            folder = Path(temporary)
            error = _ask(runner, binary, folder, batch)
        if error:
            return Outcome(not_run=f"kubeconform failed: {error}")
        asked += len(batch)
    return Outcome(f"kubeconform on {asked} object{'s' if asked != 1 else ''}", checked=asked)


def _batches(good: Good) -> Iterator[list[tuple[KubeObject, Schema]]]:
    """Objects whose kinds have one schema each: clusters at different versions go to different runs."""
    batches: list[tuple[dict[str, Schema], list[tuple[KubeObject, Schema]]]] = []
    for item, schema in good:
        name = _schema_name(schema)
        for schemas, batch in batches:
            if schemas.setdefault(name, schema) is schema:
                batch.append((item, schema))
                break
        else:
            batches.append(({name: schema}, [(item, schema)]))
    for _, batch in batches:
        yield batch


def _ask(runner: Runner, binary: Path, folder: Path, batch: list[tuple[KubeObject, Schema]]) -> str:
    """Run once and judge each disagreement; the reason when kubeconform itself failed."""
    schemas, manifests = folder / "schemas", folder / "manifests"
    manifests.mkdir()
    for schema in {_schema_name(schema): schema for _, schema in batch}.values():
        path = schemas / _schema_name(schema)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(schema.document), encoding="utf-8")
    written = _files(item for item, _ in batch)
    for number, items in enumerate(written):
        texts = (json.dumps(decrypted_shape(item.value), ensure_ascii=False) for item in items.values())
        (manifests / f"{number}.yaml").write_text("\n---\n".join(texts), encoding="utf-8")
    command = [str(binary), "-strict", "-output", "json", "-n", "2", "-schema-location", f"{schemas}/{_LOCATION}"]
    try:
        done = subprocess.run(
            [*command, str(manifests)],
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        resources = json.loads(done.stdout)["resources"]
    except subprocess.TimeoutExpired:
        return f"it did not finish within {TIMEOUT_SECONDS} seconds"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__}"
    for resource in resources:
        items = written[int(Path(resource["filename"]).stem)]
        item = items[resource["version"], resource["kind"], resource["name"]]
        for pointer, message in _complaints(resource):
            runner.judge(Opinion(item, pointer, message.replace(str(folder), "")), nowhere(item))
    return ""


def _files(items: Iterable[KubeObject]) -> list[dict[_Key, KubeObject]]:
    """Objects in as few files as possible; kubeconform tells those of one file apart by this key only."""
    files: list[dict[_Key, KubeObject]] = []
    seen: Counter[_Key] = Counter()
    for item in items:
        key = (item.id.api_version, item.id.kind, item.id.name)
        number = seen[key]
        seen[key] += 1
        if number == len(files):
            files.append({})
        files[number][key] = item
    return files


def _complaints(resource: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    errors = resource.get("validationErrors") or ()
    for error in errors:
        yield from_json_pointer(error.get("path", "")), str(error.get("msg", ""))
    if not errors:
        yield (), str(resource.get("msg", ""))


def _schema_name(schema: Schema) -> str:
    """File of a schema, as kubeconform fills in the location: in the core group it takes the version as
    group."""
    return f"{schema.group or schema.version}/{schema.kind.lower()}_{schema.version}.json"
