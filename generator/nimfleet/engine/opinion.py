"""Stage second-opinion: kubeconform on the same objects with the same schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nimfleet.engine.cache import MISSING, stamp
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.engine.schemas import Schemas, decrypted_shape, nowhere
from nimfleet.manifest.parse import Document
from nimfleet.manifest.pointer import from_json_pointer
from nimfleet.repository.build import find_tool
from nimfleet.repository.model import KubeObject
from nimfleet.rules.subjects import Opinion
from nimfleet.schema import kubeconform
from nimfleet.schema.model import Schema
from nimfleet.secrets.scan import scan

_LARGEST = 5_000
_Kind = tuple[str, str, str]


def second_opinion(runner: Runner, schemas: Schemas) -> Outcome:
    """Ask kubeconform about the objects that nimfleet takes; what nimfleet refuses is refused anyway."""
    binary = find_tool("kubeconform", schemas.repository.root)
    if binary is None:
        return Outcome(not_run="kubeconform is not on PATH and not in .bin (`make setup` installs it)")
    good, cache = schemas.good, schemas.cache
    if not good:
        return Outcome(skipped="no object that nimfleet takes")
    tool = stamp(binary)
    keys = [schemas.key(tool, item, schema) for item, schema in good]
    fresh = [index for index, key in enumerate(keys) if cache.get(key) is MISSING]
    for kinds, batch in _batches([(index, good[index][1]) for index in fresh]):
        documents = ((index, decrypted_shape(good[index][0].value)) for index in batch)
        try:
            verdicts = kubeconform.run(documents, lambda *kind, known=kinds: known.get(kind), binary)
        except kubeconform.KubeconformError as error:
            return Outcome(not_run=str(error))
        for index, verdict in verdicts.items():
            if keys[index] and not (verdict.complaints and _secret(good[index][0])):
                cache.put(keys[index], verdict.complaints or 0)
            _judge(runner, good[index][0], verdict.complaints)
    unknown = set(fresh)
    for index, key in enumerate(keys):
        if index not in unknown:
            _judge(runner, good[index][0], cache.get(key) or ())
    return Outcome(f"kubeconform on {_count(len(good))}", checked=len(good))


def _secret(item: KubeObject) -> bool:
    """Whether the object may hold what no cache may keep: complaints quote values."""
    return isinstance(item.content, Document) and bool(scan(item.content.text))


def _judge(runner: Runner, item: KubeObject, complaints: Iterable[Sequence[str]]) -> None:
    for pointer, message in complaints:
        runner.judge(Opinion(item, from_json_pointer(pointer), message), nowhere(item))


def _batches(good: Iterable[tuple[int, Schema]]) -> Iterator[tuple[dict[_Kind, Schema], list[int]]]:
    """Objects whose kinds have one schema each: clusters at different versions go to different runs. None is
    large, as kubeconform's answers are held as a whole."""
    batches: list[tuple[dict[_Kind, Schema], list[int]]] = []
    for index, schema in good:
        kind = (schema.group, schema.version, schema.kind)
        for schemas, batch in batches:
            if len(batch) < _LARGEST and schemas.setdefault(kind, schema) is schema:
                batch.append(index)
                break
        else:
            batches.append(({kind: schema}, [index]))
    yield from batches


def _count(number: int) -> str:
    return f"{number} object{'s' if number != 1 else ''}"
