"""Stage second-opinion: kubeconform on the same objects with the same schemas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from nimfleet.engine.runner import Outcome, Runner
from nimfleet.engine.schemas import decrypted_shape, nowhere
from nimfleet.manifest.pointer import from_json_pointer
from nimfleet.repository.build import find_tool
from nimfleet.repository.model import KubeObject
from nimfleet.rules.subjects import Opinion
from nimfleet.schema import kubeconform
from nimfleet.schema.model import Schema

Good = Sequence[tuple[KubeObject, Schema]]
_Kind = tuple[str, str, str]


def second_opinion(runner: Runner, root: Path, good: Good) -> Outcome:
    """Ask kubeconform about the objects that nimfleet takes; what nimfleet refuses is refused anyway."""
    binary = find_tool("kubeconform", root)
    if binary is None:
        return Outcome(not_run="kubeconform is not on PATH and not in .bin (`make setup` installs it)")
    if not good:
        return Outcome(skipped="no object that nimfleet takes")
    asked = 0
    for schemas, batch in _batches(good):
        documents = enumerate(decrypted_shape(item.value) for item in batch)
        try:
            verdicts = kubeconform.run(documents, lambda *kind, known=schemas: known.get(kind), binary)
        except kubeconform.KubeconformError as error:
            return Outcome(not_run=str(error))
        for number, verdict in verdicts.items():
            for pointer, message in verdict.complaints:
                item = batch[number]
                runner.judge(Opinion(item, from_json_pointer(pointer), message), nowhere(item))
        asked += len(batch)
    return Outcome(f"kubeconform on {asked} object{'s' if asked != 1 else ''}", checked=asked)


def _batches(good: Good) -> Iterator[tuple[dict[_Kind, Schema], list[KubeObject]]]:
    """Objects whose kinds have one schema each: clusters at different versions go to different runs."""
    batches: list[tuple[dict[_Kind, Schema], list[KubeObject]]] = []
    for item, schema in good:
        kind = (schema.group, schema.version, schema.kind)
        for schemas, batch in batches:
            if schemas.setdefault(kind, schema) is schema:
                batch.append(item)
                break
        else:
            batches.append(({kind: schema}, [item]))
    yield from batches
