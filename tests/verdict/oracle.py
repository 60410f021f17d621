"""Documents with both verdicts: the real server's and nimfleet's."""

from __future__ import annotations

import copy
import itertools
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from apiserver import NAMESPACE, ApiServer
from bases import Maker, core_bases, grown_bases, project_bases
from mutate import MUTATIONS, mutated

from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.parse import parse
from nimfleet.schema.check import check
from nimfleet.schema.core import core_schemas
from nimfleet.schema.model import Schema
from nimfleet.schema.rebuild import crd_from_schemas
from nimfleet.schema.store import Store

THREADS = 4


@dataclass(frozen=True, slots=True)
class Case:
    """One document. ``kind`` and ``mutation`` say where it comes from; ``old`` is what it would replace."""

    kind: str
    mutation: str
    text: str
    old: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a document is refused, and the reasons."""

    refused: bool
    reasons: tuple[str, ...]


class UnexpectedAnswerError(RuntimeError):
    """The answer was neither yes nor no."""


@lru_cache(maxsize=1)
def store() -> Store:
    """The schemas of this project."""
    return Store.open()


def find_schema(value: Any, minor: str) -> Schema | None:
    """The schema for a document's apiVersion and kind, in a cluster of a Kubernetes minor version."""
    identity = ObjectId.of(value)
    if identity is None:
        return None
    key = (identity.group, identity.version, identity.kind)
    return core_schemas(minor).find(*key) or store().find(*key)


def ours(text: str, minor: str, old: Any = None) -> Verdict:
    """What nimfleet says."""
    result = parse(text, "case.yaml")
    reasons = [problem.message for problem in result.problems]
    if not reasons and len(result.documents) != 1:
        reasons.append("not one document")
    if not reasons:
        value = result.documents[0].value
        schema = find_schema(value, minor)
        if schema is None:
            reasons.append("no such kind")
        else:
            try:
                found = check(value, schema, old=old)
            except Exception as error:
                raise UnexpectedAnswerError(f"nimfleet breaks on {text}") from error
            reasons = [f"{'.'.join(map(str, one.pointer))}: {one.message} [{one.keyword}]" for one in found]
    return Verdict(bool(reasons), tuple(reasons))


def theirs(server: ApiServer, case: Case) -> Verdict:
    """What the server says: a dry run, as strict as it can be."""
    try:
        value: Any = parse(case.text, "case.yaml").documents[0].value
    except (IndexError, RecursionError):
        value = None
    resource = server.resource(value)
    if resource is None:
        # Nobody can send it: apiVersion and kind say where to. A text that we cannot read goes where its
        # kind lives, so that the server gets to read it too.
        api_version, _, kind = case.kind.rpartition(" ")
        if isinstance(value, dict):
            return Verdict(True, ("no such kind",))
        resource = server.resource({"apiVersion": api_version, "kind": kind})
        assert resource is not None, case.kind
    metadata = value.get("metadata") if isinstance(value, dict) else None
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    namespace = namespace if isinstance(namespace, str) and namespace else NAMESPACE
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if case.old is not None:
        name = case.old["metadata"]["name"]
        return _said(server, "PUT", resource.path(namespace, name), case.text)
    if resource.namespaced:
        _make_namespace(server, namespace)
    created = _said(server, "POST", resource.path(namespace), case.text)
    if created.refused:
        return created
    if not isinstance(name, str) or not name:
        if isinstance(metadata, dict) and metadata.get("generateName"):
            return created
        return Verdict(True, ("applying needs a name, although the server makes one up for this kind",))
    if resource.plural == "services" and _far_ports(value):
        # A dry run does not allocate ports, and would not notice.
        return _for_real(server, resource.path(namespace), case.text)
    # Flux applies, and that wants to tell the items of lists apart where plain creating does not.
    return _applied(server, resource.path(namespace, name), case.text)


def _far_ports(value: Any) -> bool:
    spec = value.get("spec") if isinstance(value, dict) else None
    ports = spec.get("ports") if isinstance(spec, dict) else None
    numbers = [port.get("nodePort") for port in ports or () if isinstance(port, dict)]
    return any(isinstance(number, int) and number and not 30000 <= number <= 32767 for number in numbers)


def _for_real(server: ApiServer, path: str, text: str) -> Verdict:
    answer = server.request("POST", f"{path}?fieldValidation=Strict", text.encode(), "application/yaml")
    if answer.status == 201:
        server.request("DELETE", f"{path}/{answer.body['metadata']['name']}")
    return Verdict(answer.status != 201, (answer.message,))


_FAULTS: Final = frozenset({400, 404, 422})
_QUERY: Final = "dryRun=All&fieldValidation=Strict"
_TYPED: Final = "failed to create typed patch object"
_ITEMS: Final = re.compile(
    r"^\s*(?:.*\): )?\.(?!status\b)\S+: .*(?:duplicate entries for key|omits all key fields)", re.MULTILINE
)


def _said(server: ApiServer, method: str, path: str, text: str) -> Verdict:
    answer = server.request(method, f"{path}?{_QUERY}", text.encode(), "application/yaml")
    if answer.status in (200, 201):
        return Verdict(False, ())
    if answer.status == 409 and answer.message.endswith("already exists"):
        return Verdict(False, ())  # it was valid, or that would have been said first
    if answer.status in _FAULTS:
        return Verdict(True, (f"{answer.status} {answer.message}",))
    raise UnexpectedAnswerError(f"{method} {path}: {answer.status} {answer.message[:500]}\n{text[:2000]}")


def _applied(server: ApiServer, path: str, text: str) -> Verdict:
    """What server-side apply says of the items of lists; its other differences are not what is asked here."""
    content = "application/apply-patch+yaml"
    answer = server.request("PATCH", f"{path}?{_QUERY}&fieldManager=verdict&force=true", text.encode(), content)
    refused = _TYPED in answer.message and _ITEMS.search(answer.message) is not None
    return Verdict(refused, (answer.message,) if refused else ())


_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def _make_namespace(server: ApiServer, name: str) -> None:
    """A namespace that could exist does: its absence is nothing that a document can be blamed for."""
    if name != NAMESPACE and _LABEL.fullmatch(name):
        server.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def judge(server: ApiServer, cases: Sequence[Case]) -> list[Verdict | UnexpectedAnswerError]:
    """The server's verdicts, in order."""

    def one(case: Case) -> Verdict | UnexpectedAnswerError:
        try:
            return theirs(server, case)
        except UnexpectedAnswerError as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, cases))


_LIST_FOR_TEXT: Final = re.compile(r"must be a string, found the list .*\[type\]$")


def stricter(mine: Verdict, other: Verdict) -> bool:
    """Whether nimfleet refuses on purpose what the server takes.

    For a text with a format, the server's validator also takes a list, and whoever reads the object breaks on it.
    """
    return mine.refused and not other.refused and all(_LIST_FOR_TEXT.search(reason) for reason in mine.reasons)


def crds() -> list[dict[str, Any]]:
    """All kinds in schemas/ as CRDs."""
    documents: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for group, version, kind in store().kinds():
        schema = store().find(group, version, kind)
        assert schema is not None
        documents[group, kind].append(schema.document)
    return [crd_from_schemas(found) for found in documents.values()]


def name_of(value: dict[str, Any]) -> str:
    """How a case's kind is called."""
    return f"{value['apiVersion']} {value['kind']}"


def bases(minor: str, seeds: int = 3) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """Valid objects by kind, and objects that nimfleet refused while they were made."""
    good: dict[str, list[dict[str, Any]]] = defaultdict(list)
    refused: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for value in core_bases() + project_bases():
        metadata = {key: part for key, part in value["metadata"].items() if key != "namespace"}
        if find_schema(value, minor) is not None:
            good[name_of(value)].append({**value, "metadata": metadata})
    for key in store().kinds():
        schema = store().find(*key)
        assert schema is not None
        if schema.served:
            valid, tried = grown_bases(schema, seeds)
            label = f"{schema.api_version} {schema.kind}"
            good[label] += valid
            refused[label] += tried
    return dict(sorted(good.items())), dict(sorted(refused.items()))


def creates(minor: str, count: int, seed: int = 1) -> Iterator[Case]:
    """``count`` documents to create, every kind and mutation in turn."""
    good, refused = bases(minor)
    made = 0
    for label, values in refused.items():
        for value in values[:10]:
            yield Case(label, "grown-refused", json.dumps(value, ensure_ascii=False))
            made += 1
    seen: set[str] = set()
    for turn in itertools.count(seed * 1000):
        for label, values in good.items():
            for mutation in MUTATIONS:
                if mutation == "unchanged" and turn - seed * 1000 >= len(values):
                    continue
                if made >= count:
                    return
                number = turn - seed * 1000
                # The first turns go over all bases; chance decides between them later.
                value = values[(number + len(mutation) * (number > 0)) % len(values)]
                schema = find_schema(value, minor)
                assert schema is not None
                text = mutated(value, schema, mutation, f"{label} {turn}")
                if text is None or text in seen:
                    continue
                seen.add(text)
                made += 1
                yield Case(label, mutation, text)


UPDATES = (
    "unchanged", "near_a_rule", "drop_any", "drop_required", "one_more_field", "wrong_type", "enum", "bound",
    "length", "null", "null_item", "default_dropped", "repeated_item", "repeated_key_of_item", "number_form", "empty",
    "nested", "quantity", "text_form", "swapped", "transplanted", "unknown_field", "label", "annotation", "status",
    "pattern",
)  # fmt: skip
"""Mutations of objects that exist. Who an object is cannot be changed, only what it says."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object on the server, and what was sent to make it."""

    kind: str
    value: dict[str, Any]
    version: str


def store_objects(server: ApiServer, minor: str) -> list[Stored]:
    """Create valid custom resources for real, so that they can be replaced."""
    out = []
    for label, values in bases(minor)[0].items():
        schema = find_schema(values[0], minor)
        if schema is None or schema.release.startswith("kubernetes@"):
            continue
        for number, value in enumerate(values[:6]):
            resource = server.resource(value)
            assert resource is not None, label
            for name in (f"update-{number}", value["metadata"]["name"]):
                made = {**value, "metadata": {**value["metadata"], "name": name}}
                answer = server.post(resource.path(NAMESPACE), made)
                if answer.status == 201:
                    out.append(Stored(label, made, answer.body["metadata"]["resourceVersion"]))
                    break
    return out


def updates(stored: Sequence[Stored], minor: str, count: int, seed: int = 1) -> Iterator[Case]:
    """``count`` replacements of objects that exist."""
    by_kind: dict[str, list[Stored]] = defaultdict(list)
    for one in stored:
        by_kind[one.kind].append(one)
    made = 0
    seen: set[str] = set()
    for turn in itertools.count(seed * 1000):
        for label, found in by_kind.items():
            one = found[turn % len(found)]
            schema = find_schema(one.value, minor)
            assert schema is not None
            current = {**one.value, "metadata": {**one.value["metadata"], "resourceVersion": one.version}}
            texts = [
                ("like-another", json.dumps({**found[(turn + 1) % len(found)].value, "metadata": current["metadata"]})),
                *_rule_by_rule(current, schema, f"{label} {turn}"),
            ]
            texts += [
                (name.replace("_", "-"), text)
                for name in UPDATES
                if (text := mutated(current, schema, name.replace("_", "-"), f"update {label} {turn}")) is not None
            ]
            for name, text in texts:
                if text in seen:
                    continue
                if made >= count:
                    return
                seen.add(text)
                made += 1
                yield Case(label, f"update/{name}", text, one.value)


def _rule_by_rule(value: dict[str, Any], schema: Schema, seed: str) -> Iterator[tuple[str, str]]:
    """Changes of exactly what a rule about changes looks at: replaced, removed, and (where it lacks) added."""

    for number, pointer in enumerate(_old_self(schema.document, ())):
        maker = Maker(schema, f"{seed} {number}")
        rng = random.Random(f"{seed} {number}")  # noqa: S311 - not for secrets
        changed = copy.deepcopy(value)
        container: Any = changed
        node: Any = schema.document
        for key in pointer[:-1]:
            node = maker.resolve(node)["properties"][key]
            container = container.setdefault(key, {}) if isinstance(container, dict) else None
            if container is None:
                break
        if not isinstance(container, dict):
            continue
        if not pointer:
            continue
        key = pointer[-1]
        if key in container and rng.random() < 0.4:
            del container[key]
        else:
            container[key] = maker.value(maker.resolve(node)["properties"][key], 2, 0.3)
        yield "old-self", json.dumps(changed, ensure_ascii=False)


def _old_self(node: Any, pointer: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not isinstance(node, dict):
        return
    for rule in node.get("x-kubernetes-validations", ()):
        if "oldSelf" in rule["rule"]:
            yield pointer
            properties = node.get("properties", {})
            for name in properties:
                if name in rule["rule"]:
                    yield (*pointer, name)
    for name, child in node.get("properties", {}).items():
        if not (pointer == () and name == "status"):
            yield from _old_self(child, (*pointer, name))
