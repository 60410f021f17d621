"""Valid objects to start from: those of this project, and ones grown from the schemas themselves."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import re2
from regular import example

from nimfleet.manifest.parse import parse
from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.check import check
from nimfleet.schema.model import Schema

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent

GROWTH = 60
"""Attempts to add an optional field to a minimal object."""
ATTEMPTS = 600
"""Attempts to make a minimal one."""

_WORDS = (
    "web", "main", "10Gi", "1h", "5m", "500m", "0.5", "1", "100", "https://example.com/x", "example.com",
    "ssh://git@example.com/fleet", "http://example.com", "oci://example.com/x", "v1", "apps/v1", "Deployment",
    "default", "us-west-2", "us-west-2a", "arn:aws:iam::111122223333:role/x", "subnet-0123456789abcdef0",
    "sg-0123456789abcdef0", "ami-0123456789abcdef0", "fs-0123456789abcdef0", "sha256:" + "0" * 64, "latest",
    "al2023@latest", "*", "In", "/", "/data", "10.0.0.0/16", "10.0.0.1", "*.example.com", "A" * 24,
    "2026-01-02T03:04:05Z", "10%", "on-demand", "key", "value", "a.b/c", "True", "gp3", "100Gi", "1.2.3", "0 3 * * *",
    "*/5 * * * *", "cpu", "nvidia.com/gpu", "example.com/team", "spec.x", "",
)  # fmt: skip


def core_bases() -> list[dict[str, Any]]:
    """The objects in core.yaml."""
    return _documents(HERE / "core.yaml")


def project_bases() -> list[dict[str, Any]]:
    """What this project renders, one of each kind and name, without what is encrypted."""
    seen: dict[tuple[str, str, str], dict[str, Any]] = {}
    for path in sorted((PROJECT / "clusters").rglob("*.yaml")):
        if path.name in {"environment.yaml", "kustomization.yaml"}:
            continue
        for value in _documents(path):
            if isinstance(value.get("metadata"), dict):
                seen.setdefault((value["apiVersion"], value["kind"], str(value["metadata"].get("name"))), value)
    return list(seen.values())


def _documents(path: Path) -> list[dict[str, Any]]:
    result = parse(path.read_text("utf-8"), str(path))
    assert not result.problems, result.problems
    return [document.value for document in result.documents]


def _child(node: Mapping[str, Any], name: str) -> Any:
    return node.get("properties", {}).get(name, node.get("additionalProperties"))


class Maker:
    """Makes values that fit a schema, by chance; the same seed makes the same values."""

    def __init__(self, schema: Schema, seed: str) -> None:
        self._schema = schema
        self._defs: Mapping[str, Any] = schema.document.get("$defs", {})
        self.rng = random.Random(seed)  # noqa: S311 - not for secrets

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """``node`` with its reference followed."""
        reference = node.get("$ref")
        if isinstance(reference, str):
            return {**self._defs[reference.rsplit("/", 1)[-1]], **{k: v for k, v in node.items() if k != "$ref"}}
        return node

    def minimal(self) -> dict[str, Any] | None:
        """A valid object with little more than what is required; None when chance does not find one.

        Climbs: a change to one part that was wrong is kept unless more is wrong with it.
        """
        value = self._fresh()
        problems = check(value, self._schema)
        for attempt in range(ATTEMPTS):
            if not problems:
                return value
            changed = self._fresh() if attempt % 100 == 99 else self._changed(value, self.rng.choice(problems).pointer)
            now = check(changed, self._schema)
            if len(now) <= len(problems) or attempt % 100 == 99:
                value, problems = changed, now
        return None

    def _fresh(self) -> dict[str, Any]:
        value = self.value(self._schema.document, 0, self.rng.choice([0.0, 0.2]))
        value.pop("status", None)
        return {**value, **self._identity()}

    def _changed(self, value: dict[str, Any], pointer: Pointer) -> dict[str, Any]:
        """A copy of ``value`` in which the part at ``pointer`` is made anew, or is given one more field."""
        out = copy.deepcopy(value)
        parent: Any = None
        target, node = out, self._schema.document
        for key in pointer[: max(1, len(pointer) - (self.rng.random() < 0.2))]:
            node = self.resolve(node)
            child = target.get(key) if isinstance(target, dict) else target[key] if key < len(target) else None
            if not isinstance(child, (dict, list)):
                break
            parent = (target, key)
            node = node["items"] if isinstance(target, list) else _child(node, str(key))
            target = child
        if parent is None or parent[1] in ("metadata", "apiVersion", "kind"):
            return {**out, **self._identity()}
        if isinstance(target, dict) and self.rng.random() < 0.5:
            names = [name for name in self.resolve(node).get("properties", {}) if name not in target]
            if names:
                name = self.rng.choice(names)
                target[name] = self.value(_child(self.resolve(node), name), 3, self.rng.random())
                return out
        parent[0][parent[1]] = self.value(node, 2, self.rng.random())
        return out

    def _identity(self) -> dict[str, Any]:
        return {
            "apiVersion": self._schema.api_version,
            "kind": self._schema.kind,
            "metadata": {"name": self.rng.choice(["default", "flux", *(f"grown-{number}" for number in range(9))])},
        }

    def grow(self, value: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """``value`` with more and more optional fields, and what was tried and found to be invalid."""
        refused = []
        for _ in range(GROWTH):
            more = self.with_one_more(value)
            if more is None or more == value:
                continue
            if check(more, self._schema):
                refused.append(more)
            else:
                value = more
        return value, refused

    def with_one_more(self, value: dict[str, Any]) -> dict[str, Any] | None:
        """A copy of ``value`` with one field or item added at a random place."""
        out = copy.deepcopy(value)
        places = [place for place in self._places(out, self._schema.document) if place[1]]
        if not places:
            return None
        target, names, node = self.rng.choice(places)
        name = self.rng.choice(names)
        if isinstance(target, list):
            target.append(self.value(node["items"], 2, 0.3))
        else:
            part = node.get("properties", {}).get(name, node.get("additionalProperties"))
            target[name] = self.value(part, 2, 0.3)
        return out

    def _places(self, value: Any, node: Any, depth: int = 0) -> Iterator[tuple[Any, list[str], Mapping[str, Any]]]:
        """(container, names of properties that it lacks, its schema)."""
        if not isinstance(node, Mapping):
            return
        node = self.resolve(node)
        if isinstance(value, dict):
            names = [
                name
                for name in node.get("properties", {})
                if name not in value and not (depth == 0 and name in {"status", "metadata"})
            ]
            if (
                isinstance(node.get("additionalProperties"), Mapping)
                and node["additionalProperties"].get("$ref") is None
            ):
                names.append(self.rng.choice(["key", "example.com/team", "cpu", "memory"]))
            yield value, names, node
            for name, child in value.items():
                if depth == 0 and name == "metadata":
                    continue
                yield from self._places(
                    child, node.get("properties", {}).get(name, node.get("additionalProperties")), depth + 1
                )
        elif isinstance(value, list) and isinstance(node.get("items"), Mapping):
            yield value, ["item"] if len(value) < 3 else [], node
            for child in value:
                yield from self._places(child, node["items"], depth + 1)

    def value(self, node: Any, depth: int, richness: float) -> Any:
        """A value for ``node``; ``richness`` is the chance of an optional property."""
        rng = self.rng
        if not isinstance(node, Mapping):
            return "text"
        node = self.resolve(node)
        if "const" in node:
            return node["const"]
        if "default" in node and rng.random() < 0.5:
            return copy.deepcopy(node["default"])
        allowed = node.get("enum") or [
            choice
            for key in ("anyOf", "oneOf", "allOf")
            for branch in node.get(key, ())
            for choice in branch.get("enum", ())
        ]
        if allowed:
            return copy.deepcopy(rng.choice(allowed))
        kinds = node.get("type")
        kinds = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind != "null"]
        kind = rng.choice(kinds)
        if kind is None:
            kind = (
                "object"
                if "properties" in node or "additionalProperties" in node
                else "array"
                if "items" in node
                else ""
            )
        if kind == "object":
            return self._object(node, depth, richness)
        if kind == "array":
            if depth > 8:
                return []
            low = node.get("minItems", 0)
            count = min(
                max(low, rng.choice([1, 1, 2]) if rng.random() < 0.8 or depth < 3 else 0), node.get("maxItems", 9)
            )
            return [self.value(node.get("items", {}), depth + 1, richness / 2) for _ in range(count)]
        if kind == "boolean":
            return rng.random() < 0.5
        if kind in {"integer", "number"}:
            low = node.get("minimum", node.get("exclusiveMinimum", -1) + 1)
            high = node.get("maximum", node.get("exclusiveMaximum", 2**31) - 1)
            low = max(low, 0) if high >= 0 else low
            return int(rng.choice([low, min(low + 1, high), min(low + rng.randrange(100), high)]))
        if kind == "string":
            return self._string(node)
        return rng.choice(["text", {"key": "value"}, {}])

    def _object(self, node: Mapping[str, Any], depth: int, richness: float) -> dict[str, Any]:
        rng = self.rng
        required = set(node.get("required", ()))
        stack = [node]
        while stack:
            part = stack.pop()
            required |= set(part.get("required", ()))
            stack += part.get("allOf", ())
            for key in ("anyOf", "oneOf"):
                if part.get(key):
                    stack.append(rng.choice(part[key]))
        properties: Mapping[str, Any] = node.get("properties", {})
        out = {}
        for name, child in properties.items():
            if (
                name in required
                or (name == "spec" and rng.random() < 0.95)
                or (depth and depth < 8 and rng.random() < richness / (1 + depth))
            ):
                out[name] = self.value(child, depth + 1, richness)
        additional = node.get("additionalProperties")
        if isinstance(additional, Mapping) and rng.random() < 0.7:
            out[rng.choice(["key", "cpu", "example.com/team"])] = self.value(additional, depth + 1, richness)
        elif not properties and "x-kubernetes-preserve-unknown-fields" in node:
            out["key"] = rng.choice(["value", 1, True])
        if node.get("x-kubernetes-embedded-resource"):
            out |= {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "inner"}}
        return out

    def _string(self, node: Mapping[str, Any]) -> str:
        rng = self.rng
        low, high = node.get("minLength", 0), node.get("maxLength", 10**6)
        patterns = [
            part["pattern"]
            for part in (node, *node.get("allOf", ()), *node.get("anyOf", ())[:1], *node.get("oneOf", ())[:1])
            if "pattern" in part
        ]
        fits = [
            word
            for word in _WORDS
            if low <= len(word) <= high and all(re2.search(pattern, word) for pattern in patterns)
        ]
        if node.get("format") == "date-time":
            return "2026-01-02T03:04:05Z"
        if node.get("format") == "byte":
            return rng.choice(["", "AAEC"])
        if patterns and (not fits or rng.random() < 0.3):
            made = example(patterns[0], rng)
            if low <= len(made) <= high:
                return made
        return rng.choice(fits) if fits else "x" * low


def grown_bases(schema: Schema, count: int = 2) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Minimal and rich valid objects of a kind, and objects that nimfleet refused on the way."""
    good: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for number in range(count):
        maker = Maker(schema, f"{schema.api_version} {schema.kind} {number}")
        value = maker.minimal()
        if value is None:
            continue
        good.append(value)
        rich, tried = maker.grow(value)
        good.append(rich)
        refused += tried[:12]
    return good, refused
