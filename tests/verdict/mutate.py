"""Ways in which an object can be wrong, or look wrong: each changes a valid object in one place, by chance.

What comes out need not be invalid. The question is only whether nimfleet and a real API server agree.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bases import Maker

from nimfleet.schema.model import Schema

Pointer = tuple[str | int, ...]

_MARK: Final = "scalar-goes-here"


@dataclass(slots=True)
class Spot:
    """A value inside of a document: ``container[key]``, with its schema where it has one."""

    container: Any
    key: Any
    schema: Mapping[str, Any]
    pointer: Pointer

    @property
    def value(self) -> Any:
        return self.container[self.key]

    def put(self, value: Any) -> None:
        """Replace the value."""
        self.container[self.key] = value


@dataclass(slots=True)
class Mutant:
    """A document that is being changed. ``text`` is what is sent, if that is not plain JSON."""

    document: dict[str, Any]
    schema: Schema
    rng: random.Random
    text: str | None = None
    _spots: list[Spot] | None = field(default=None, repr=False)

    @property
    def spots(self) -> list[Spot]:
        """All places, as they were before the first change."""
        if self._spots is None:
            maker = Maker(self.schema, "")
            self._spots = list(_walk(self.document, self.schema.document, maker, ()))
        return self._spots

    def pick(self, wanted: Callable[[Spot], bool] = lambda _: True) -> Spot | None:
        """A random place below apiVersion, kind and metadata that is ``wanted``."""
        found = [spot for spot in self.spots if spot.pointer[0] not in _ROOT and wanted(spot)]
        return self.rng.choice(found) if found else None

    def metadata(self) -> dict[str, Any]:
        """The metadata to spoil: the object's, or, now and then, that of a template inside of it."""
        inner = [spot.value for spot in self.spots if spot.key == "metadata" and isinstance(spot.value, dict)]
        if len(inner) > 1 and self.rng.random() < 0.3:
            return self.rng.choice(inner[1:] if inner[0] is self.document.get("metadata") else inner)
        return self.document["metadata"]  # type: ignore[no-any-return]

    def scalar(self, spot: Spot, plain: str) -> None:
        """Write ``plain`` without quotes where ``spot`` is."""
        spot.put(_MARK)
        self.text = json.dumps(self.document, ensure_ascii=False).replace(f'"{_MARK}"', plain)


_ROOT: Final = frozenset({"apiVersion", "kind", "metadata"})


def _walk(value: Any, node: Any, maker: Maker, pointer: Pointer) -> Iterator[Spot]:
    schema = maker.resolve(node) if isinstance(node, Mapping) else {}
    items: Iterator[tuple[Any, Any]]
    if isinstance(value, dict):
        items = iter(list(value.items()))
    elif isinstance(value, list):
        items = iter(list(enumerate(value)))
    else:
        return
    for key, child in items:
        if isinstance(value, dict):
            part = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        else:
            part = schema.get("items")
        resolved = maker.resolve(part) if isinstance(part, Mapping) else {}
        yield Spot(value, key, resolved, (*pointer, key))
        yield from _walk(child, part, maker, (*pointer, key))


Mutation = Callable[[Mutant], bool | None]
MUTATIONS: Final[dict[str, Mutation]] = {}


def _mutation(function: Mutation) -> Mutation:
    MUTATIONS[function.__name__.strip("_").replace("_", "-")] = function
    return function


def mutated(base: Mapping[str, Any], schema: Schema, name: str, seed: str) -> str | None:
    """``base`` changed by the mutation ``name`` as the text to send; None where it does not apply."""
    mutant = Mutant(copy.deepcopy(dict(base)), schema, random.Random(f"{seed} {name}"))  # noqa: S311 - not for secrets
    if MUTATIONS[name](mutant) is False:
        return None
    return mutant.text if mutant.text is not None else json.dumps(mutant.document, ensure_ascii=False)


def _is_key(spot: Spot) -> bool:
    return isinstance(spot.container, dict)


def _types(spot: Spot) -> set[str]:
    kinds = spot.schema.get("type", ())
    return {kinds} if isinstance(kinds, str) else set(kinds)


@_mutation
def unchanged(m: Mutant) -> bool | None:
    """The object as it is."""
    return None


@_mutation
def drop_required(m: Mutant) -> bool | None:
    """Remove a property that is required."""
    maker = Maker(m.schema, "")
    parents: list[tuple[Any, str]] = []
    for spot in m.spots:
        if isinstance(spot.value, dict):
            parents += [(spot.value, name) for name in spot.schema.get("required", ()) if name in spot.value]
    parents += [
        (m.document, name) for name in maker.resolve(m.schema.document).get("required", ()) if name in m.document
    ]
    if not parents:
        return False
    container, name = m.rng.choice(parents)
    del container[name]
    return None


@_mutation
def drop_any(m: Mutant) -> bool | None:
    """Remove any property or item."""
    spot = m.pick()
    if spot is None:
        return False
    del spot.container[spot.key]
    return None


@_mutation
def unknown_field(m: Mutant) -> bool | None:
    """Add a property that no schema knows."""
    mappings = [m.document, m.document["metadata"], *(spot.value for spot in m.spots if isinstance(spot.value, dict))]
    m.rng.choice(mappings)[m.rng.choice(["unknownField", "x-comment", "", "a.b/c", "nameX"])] = m.rng.choice(
        ["text", 1, {"key": "value"}, None, []]
    )
    return None


@_mutation
def misspelled_key(m: Mutant) -> bool | None:
    """Change the case of a property's name."""
    spot = m.pick(_is_key)
    if spot is None or not spot.key:
        return False
    value = spot.container.pop(spot.key)
    first = spot.key[0]
    spot.container[(first.lower() if first.isupper() else first.upper()) + spot.key[1:]] = value
    return None


@_mutation
def wrong_type(m: Mutant) -> bool | None:
    """Replace a value by one of another type."""
    spot = m.pick()
    if spot is None:
        return False
    others = ["text", 7, 1.5, True, ["text"], {"key": "value"}]
    spot.put(m.rng.choice([other for other in others if type(other) is not type(spot.value)]))
    return None


@_mutation
def wrong_type_in_metadata(m: Mutant) -> bool | None:
    """Replace a value in metadata by one of another type."""
    spots = [spot for spot in m.spots if "metadata" in spot.pointer[:-1] or spot.pointer == ("metadata",)]
    spot = m.rng.choice(spots)
    spot.put(m.rng.choice(["text", 7, 1.5, True, ["text"], {"key": "value"}, None]))
    return None


@_mutation
def enum(m: Mutant) -> bool | None:
    """Replace a value that is one of a few by another one, or by none of them."""
    spot = m.pick(lambda spot: "enum" in spot.schema or any("enum" in part for part in spot.schema.get("allOf", ())))
    if spot is None:
        return False
    choices = spot.schema.get("enum") or next(part["enum"] for part in spot.schema["allOf"] if "enum" in part)
    some = m.rng.choice(choices)
    spot.put(m.rng.choice([some, some, f"{some}".lower(), f"{some}x", "", f" {some}"]))
    return None


@_mutation
def pattern(m: Mutant) -> bool | None:
    """Spoil a text that has a pattern."""
    spot = m.pick(lambda spot: "pattern" in spot.schema and isinstance(spot.value, str))
    if spot is None:
        return False
    text = spot.value
    spot.put(
        m.rng.choice(
            [
                "",
                text + "!",
                "!" + text,
                text.upper(),
                text + "\n",
                f" {text}",
                text * 2,
                text[:-1],
                "é" + text,
                "1",
                "a",
            ]
        )
    )
    return None


@_mutation
def bound(m: Mutant) -> bool | None:
    """Go to a number's bounds, and beyond."""
    spot = m.pick(lambda spot: "integer" in _types(spot) or "number" in _types(spot))
    if spot is None:
        return False
    low = spot.schema.get("minimum", spot.schema.get("exclusiveMinimum", 0))
    high = spot.schema.get("maximum", spot.schema.get("exclusiveMaximum", 65535))
    spot.put(int(m.rng.choice([low, low - 1, low + 1, high, high - 1, high + 1, 0, -1, 65536, 101])))
    return None


@_mutation
def length(m: Mutant) -> bool | None:
    """Make a text or a list as long as it may be, and longer."""
    spot = m.pick(lambda spot: isinstance(spot.value, (str, list)) and len(spot.value) > 0)
    if spot is None:
        return False
    text = isinstance(spot.value, str)
    low = spot.schema.get("minLength" if text else "minItems", 1)
    high = spot.schema.get("maxLength" if text else "maxItems", 64)
    size = m.rng.choice([0, low, max(low - 1, 0), min(high, 2000), min(high + 1, 2001), 64, 254])
    unit = m.rng.choice(["a", "a", "é", "𝄞"])
    spot.put(unit * size if text else [copy.deepcopy(spot.value[0]) for _ in range(min(size, 300))])
    return None


@_mutation
def null(m: Mutant) -> bool | None:
    """Replace a value by null."""
    spot = m.pick()
    if spot is None:
        return False
    spot.put(None)
    return None


@_mutation
def null_item(m: Mutant) -> bool | None:
    """Put null into a list or a mapping."""
    spot = m.pick(lambda spot: isinstance(spot.value, (list, dict)))
    if spot is None:
        return False
    if isinstance(spot.value, list):
        spot.value.insert(m.rng.randint(0, len(spot.value)), None)
    else:
        known = [*spot.schema.get("properties", {}), "key"]
        spot.value[m.rng.choice(known)] = None
    return None


@_mutation
def default_dropped(m: Mutant) -> bool | None:
    """Leave a property out that has a default, or make it null."""
    spot = m.pick(lambda spot: "default" in spot.schema)
    if spot is None:
        return False
    if m.rng.random() < 0.5 and _is_key(spot):
        del spot.container[spot.key]
    else:
        spot.put(None)
    return None


@_mutation
def repeated_item(m: Mutant) -> bool | None:
    """Repeat an item of a list."""
    spot = m.pick(lambda spot: isinstance(spot.value, list) and len(spot.value) > 0)
    if spot is None:
        return False
    spot.value.append(copy.deepcopy(m.rng.choice(spot.value)))
    return None


@_mutation
def repeated_key_of_item(m: Mutant) -> bool | None:
    """Add an item that shares its name (or whatever keys its list has) with another one."""
    spot = m.pick(lambda spot: isinstance(spot.value, list) and len(spot.value) > 0 and isinstance(spot.value[0], dict))
    if spot is None:
        return False
    item = m.rng.choice(spot.value)
    if not isinstance(item, dict):
        return False
    keys = spot.schema.get("x-kubernetes-list-map-keys") or ["name", "key", "type"]
    twin = copy.deepcopy(item)
    for name in twin:
        if name not in keys and isinstance(twin[name], str) and m.rng.random() < 0.5:
            twin[name] += "x"
    if m.rng.random() < 0.4:
        for name in keys:
            twin.pop(name, None)
    spot.value.append(twin)
    return None


_NAMES: Final = (
    "", "a", "A", "web.example.com", "Web", "web_1", "-web", "web-", "1web", "web.", ".web", "a..b", "a/b", "a%b",
    ".", "..", "é", "a" * 63, "a" * 64, "a" * 253, "a" * 254, "web:1", "web 1", "a.b-c.d", "0", "xn--a", "web\n",
)  # fmt: skip


@_mutation
def name(m: Mutant) -> bool | None:
    """Give the object another name."""
    m.metadata()["name"] = m.rng.choice(_NAMES)
    return None


@_mutation
def inner_name(m: Mutant) -> bool | None:
    """Give something inside of the object, or what it refers to, another name."""
    spot = m.pick(
        lambda spot: (
            isinstance(spot.value, str) and str(spot.key).lower().endswith(("name", "key", "host", "path", "namespace"))
        )
    )
    if spot is None:
        return False
    spot.put(m.rng.choice([*_NAMES, "/", "/a/../b", "*.example.com", "a=b", "a/b/c", "data", "8080"]))
    return None


_KEYS: Final = (
    "app", "", "App.kubernetes.io/name", "example.com/", "/name", "a/b/c", "-a", "a-", "a_b", "a b", "é", "a" * 63,
    "a" * 64, "e" * 253 + "/a", "e" * 254 + "/a", "EXAMPLE.com/a", "example..com/a", "kubernetes.io/a", "1", "a.b.c",
    "A/b", "example.com/" + "a" * 64,
)  # fmt: skip
_VALUES: Final = (
    "",
    "a",
    "-a",
    "a-",
    "a b",
    "é",
    "a" * 63,
    "a" * 64,
    "a_b.c-d",
    "1",
    "true",
    "a/b",
    "a:b",
    "A",
    ".a",
    "a\n",
)


@_mutation
def label(m: Mutant) -> bool | None:
    """Add a label."""
    labels = m.metadata().setdefault("labels", {})
    if isinstance(labels, dict):
        labels[m.rng.choice(["app", *_KEYS])] = m.rng.choice(["web", *_VALUES, 1, True, None, {}])
    return None


@_mutation
def annotation(m: Mutant) -> bool | None:
    """Add an annotation."""
    annotations = m.metadata().setdefault("annotations", {})
    if isinstance(annotations, dict):
        annotations[m.rng.choice(["note", *_KEYS])] = m.rng.choice(["text", *_VALUES, 1, None, {}, "x" * 262144])
    return None


@_mutation
def near_a_rule(m: Mutant) -> bool | None:
    """Change what a rule in CEL looks at: drop, add or replace something just below it."""
    maker = Maker(m.schema, m.rng.random().hex())
    roots = [m.document] if "x-kubernetes-validations" in m.schema.document else []
    candidates = [(root, m.schema.document) for root in roots]
    candidates += [(spot.value, spot.schema) for spot in m.spots if "x-kubernetes-validations" in spot.schema]
    candidates = [(value, node) for value, node in candidates if isinstance(value, (dict, list)) and value]
    if not candidates:
        scalars = [spot for spot in m.spots if "x-kubernetes-validations" in spot.schema]
        if not scalars:
            return False
        spot = m.rng.choice(scalars)
        spot.put(maker.value(spot.schema, 3, 0.5))
        return None
    value, node = m.rng.choice(candidates)
    if isinstance(value, list):
        value.append(maker.value(node.get("items"), 3, 0.4))
        return None
    absent = [
        name for name in node.get("properties", {}) if name not in value and name not in _ROOT and name != "status"
    ]
    if absent and m.rng.random() < 0.6:
        chosen = m.rng.choice(absent)
        value[chosen] = maker.value(node["properties"][chosen], 3, 0.4)
        return None
    present = [name for name in value if name not in _ROOT]
    if not present:
        return False
    chosen = m.rng.choice(present)
    if m.rng.random() < 0.5:
        del value[chosen]
    else:
        value[chosen] = maker.value(node.get("properties", {}).get(chosen, node.get("additionalProperties")), 3, 0.5)
    return None


@_mutation
def one_more_field(m: Mutant) -> bool | None:
    """Add a field or an item that the schema knows."""
    more = Maker(m.schema, m.rng.random().hex()).with_one_more(m.document)
    if more is None:
        return False
    m.document = more
    return None


@_mutation
def more_fields(m: Mutant) -> bool | None:
    """Add some of them at once."""
    maker = Maker(m.schema, m.rng.random().hex())
    for _ in range(4):
        m.document = maker.with_one_more(m.document) or m.document
    return None


@_mutation
def number_form(m: Mutant) -> bool | None:
    """Write a number in another way."""
    spot = m.pick(lambda spot: isinstance(spot.value, (int, float)) and not isinstance(spot.value, bool))
    if spot is None:
        return False
    number = spot.value
    forms = [
        f"{number}.0",
        f"{number}.5",
        f"{number}e0",
        f"{number}e2",
        f'"{number}"',
        f"0x{abs(int(number)):x}",
        f"0{number}",
        f"+{number}",
        f"{number}_0",
        f"0o{abs(int(number)):o}",
        f"-{number}",
        "1e400",
        "1.0e-3",
    ]
    m.scalar(spot, m.rng.choice(forms))
    return None


_SCALARS: Final = (
    "yes", "No", "on", "y", "n", "TRUE", "~", "null", "Null", "0777", "0o17", "0b11", "1_000", "12:30:45",
    "2026-01-02", "2026-01-02T03:04:05Z", ".inf", "-.INF", ".nan", "0x1F", "1e3", "1E3", "1234e5", "+1", "-0", "1.",
    ".5", "1.0", "1e-7", "08", "1__0", "_1", "=", "<<", "!!str 1", "!!int \"1\"", "!!float 1", "!!binary aGk=", "'1'",
    "0x", "1e", "1e400", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
    "1.5e300", "-9223372036854775809", "0.1", "100000000000000000000", "1e21", "1e18", "123456789012345680000",
)  # fmt: skip


@_mutation
def yaml_scalar(m: Mutant) -> bool | None:
    """Write a plain scalar of YAML whose reading is not obvious."""
    spot = m.pick(lambda spot: not isinstance(spot.value, (dict, list)))
    if spot is None:
        return False
    m.scalar(spot, m.rng.choice(_SCALARS))
    return None


@_mutation
def yaml_scalar_in_metadata(m: Mutant) -> bool | None:
    """The same, where a label, an annotation or a name stands."""
    metadata = m.document["metadata"]
    place = m.rng.choice(["labels", "annotations", "name"])
    container = metadata if place == "name" else metadata.setdefault(place, {})
    m.scalar(Spot(container, "name" if place == "name" else "key", {}, ()), m.rng.choice(_SCALARS))
    return None


@_mutation
def yaml_key(m: Mutant) -> bool | None:
    """Write a key whose reading is not obvious."""
    spot = m.pick(lambda spot: isinstance(spot.value, dict))
    if spot is None:
        return False
    spot.value[_MARK] = "value"
    text = json.dumps(m.document, ensure_ascii=False)
    m.text = text.replace(
        f'"{_MARK}"', m.rng.choice(["yes", "1", "1.5", "0x10", "~", "null", "'a'", "1e3", "2026-01-02", "? a"])
    )
    return None


@_mutation
def huge_number(m: Mutant) -> bool | None:
    """Replace a value by a number that does not fit."""
    spot = m.pick(lambda spot: isinstance(spot.value, (int, float, str)))
    if spot is None:
        return False
    spot.put(
        m.rng.choice(
            [2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**30, 1e30]
        )
    )
    return None


@_mutation
def empty(m: Mutant) -> bool | None:
    """Replace a value by an empty one."""
    spot = m.pick()
    if spot is None:
        return False
    value = spot.value
    spot.put([] if isinstance(value, list) else {} if isinstance(value, dict) else "" if isinstance(value, str) else 0)
    return None


@_mutation
def nested(m: Mutant) -> bool | None:
    """Wrap a value once more, or unwrap it."""
    spot = m.pick()
    if spot is None:
        return False
    value = spot.value
    if isinstance(value, list) and value and m.rng.random() < 0.5:
        spot.put(value[0])
    elif isinstance(value, dict) and value and m.rng.random() < 0.3:
        spot.put(next(iter(value.values())))
    else:
        spot.put(m.rng.choice([[value], {"value": value}]))
    return None


@_mutation
def inner_metadata(m: Mutant) -> bool | None:
    """Add a field to the metadata of the object or of a template in it."""
    m.metadata()[
        m.rng.choice(
            [
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "uid",
                "selfLink",
                "generation",
                "managedFields",
                "clusterName",
                "name",
                "namespace",
                "labels",
                "annotations",
                "initializers",
            ]
        )
    ] = m.rng.choice(
        [
            None,
            "text",
            "2026-01-02T03:04:05Z",
            1,
            -1,
            {},
            [],
            [{}],
            "verdict",
            "2026-01-02",
            [
                {
                    "manager": "kubectl",
                    "operation": "Apply",
                    "apiVersion": "v1",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {},
                }
            ],
        ]
    )
    return None


@_mutation
def api_version(m: Mutant) -> bool | None:
    """Spoil apiVersion or kind."""
    key = m.rng.choice(["apiVersion", "kind"])
    text = m.document[key]
    m.document[key] = m.rng.choice(
        [
            text.lower(),
            text.upper(),
            f"{text}1",
            f" {text}",
            text.replace("v1", "v2"),
            text.replace("/", "//"),
            "",
            None,
            1,
            "v1",
            text.rpartition("/")[2],
            f"{text}List",
        ]
    )
    return None


@_mutation
def other_version(m: Mutant) -> bool | None:
    """Ask for another version of the same kind."""
    group = m.schema.group
    m.document["apiVersion"] = (f"{group}/" if group else "") + m.rng.choice(
        ["v1alpha1", "v1beta1", "v1beta2", "v1", "v2", "v2beta1", "v3"]
    )
    return None


@_mutation
def status(m: Mutant) -> bool | None:
    """Send a status."""
    node = Maker(m.schema, "").resolve(m.schema.document.get("properties", {}).get("status", {}))
    maker = Maker(m.schema, m.rng.random().hex())
    made: Any = {}
    if node.get("properties"):
        names = list(node["properties"])
        made = {some: maker.value(node["properties"][some], 3, 0.5) for some in m.rng.sample(names, min(3, len(names)))}
    choice = m.rng.randrange(6)
    if choice == 0:
        made = {**made, "unknownField": 1}
    elif choice == 1:
        made = m.rng.choice([None, "text", [], 1])
    elif choice == 2 and made:
        made[m.rng.choice(list(made))] = m.rng.choice([None, "text", 1, {}, {"key": 1}, ["text"]])
    m.document["status"] = made
    return None


@_mutation
def generate_name(m: Mutant) -> bool | None:
    """Let the server make the name."""
    metadata = m.document["metadata"]
    if m.rng.random() < 0.8:
        metadata.pop("name", None)
    metadata["generateName"] = m.rng.choice(
        ["web-", "Web-", "web_", "", "-", "a" * 250, "a" * 58 + "-", "web.", "1-", "é", "a/b-", None]
    )
    return None


@_mutation
def finalizers(m: Mutant) -> bool | None:
    """Set finalizers."""
    m.document["metadata"]["finalizers"] = m.rng.choice(
        [
            ["example.com/x"],
            ["x"],
            ["foregroundDeletion"],
            ["orphan", "foregroundDeletion"],
            ["a b"],
            [""],
            ["example.com/"],
            [1],
            [None],
            "x",
            ["orphan"],
            ["example.com/x", "example.com/x"],
            [],
            None,
            ["kubernetes"],
            ["A/b"],
        ]
    )
    return None


@_mutation
def owner_references(m: Mutant) -> bool | None:
    """Set owners."""
    owner: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": "web",
        "uid": "11111111-2222-3333-4444-555555555555",
    }
    owners = [owner]
    choice = m.rng.randrange(9)
    if choice == 0:
        owner.pop(m.rng.choice(list(owner)))
    elif choice == 1:
        owner[m.rng.choice(list(owner))] = ""
    elif choice == 2:
        owners = [owner | {"controller": True}, owner | {"controller": m.rng.random() < 0.5, "name": "other"}]
    elif choice == 3:
        owner["controller"] = m.rng.choice(["true", None, 1, False])
    elif choice == 4:
        owner["unknownField"] = 1
    elif choice == 5:
        owner |= m.rng.choice(
            [
                {"apiVersion": "v1", "kind": "Event"},
                {"apiVersion": "a/b/c"},
                {"apiVersion": "apps"},
                {"kind": "X Y"},
                {"apiVersion": "apps/"},
            ]
        )
    elif choice == 6:
        owner[m.rng.choice(list(owner))] = m.rng.choice([None, 1])
    elif choice == 7:
        m.document["metadata"]["ownerReferences"] = m.rng.choice([None, {}, "text", [None], [{}]])
        return None
    m.document["metadata"]["ownerReferences"] = owners
    return None


@_mutation
def namespace(m: Mutant) -> bool | None:
    """Set the namespace to one that exists, or to what is none."""
    m.document["metadata"]["namespace"] = m.rng.choice(
        ["verdict", "default", "Verdict", "a.b", "", None, "a" * 64, "a/b", 1]
    )
    return None


@_mutation
def repeated_yaml_key(m: Mutant) -> bool | None:
    """Write a key twice in one mapping."""
    spot = m.pick(_is_key) if m.rng.random() < 0.7 else m.rng.choice(m.spots)
    if spot is None or not isinstance(spot.key, str):
        return False
    value, key = spot.value, json.dumps(spot.key, ensure_ascii=False)
    spot.put(_MARK)
    again = json.dumps(value, ensure_ascii=False)
    text = json.dumps(m.document, ensure_ascii=False)
    m.text = text.replace(f'"{_MARK}"', f"{again}, {key}: {again}")
    return None


@_mutation
def quantity(m: Mutant) -> bool | None:
    """Write an amount, a duration or a percentage in another way."""
    amounts = (
        "cpu",
        "memory",
        "storage",
        "size",
        "sizelimit",
        "divisor",
        "averagevalue",
        "value",
        "interval",
        "timeout",
        "maxsurge",
        "maxunavailable",
        "minavailable",
        "nvidia.com/gpu",
        "period",
        "duration",
    )
    spot = m.pick(
        lambda spot: (
            isinstance(spot.value, (str, int))
            and not isinstance(spot.value, bool)
            and (str(spot.key).lower().endswith(amounts) or "x-kubernetes-int-or-string" in spot.schema)
        )
    )
    if spot is None:
        return False
    spot.put(
        m.rng.choice(
            [
                "1",
                "1.5",
                "100m",
                "1Gi",
                "1gi",
                "1 Gi",
                "-1",
                "",
                "0",
                "1e3",
                "1E",
                "0.5",
                "1h",
                "1m30s",
                "90",
                "10%",
                "101%",
                "-1%",
                "ten",
                1.5,
                10,
                -1,
                "1Gi\n",
                "1Ki5",
                ".5",
                "5.",
                "1GB",
                "0x1",
                "+1",
                "1d",
                "500ms",
                "1e",
                "99999999999Ei",
                "1k",
                "1m",
                0,
            ]
        )
    )
    return None


@_mutation
def text_form(m: Mutant) -> bool | None:
    """Add white space, a control character or something beyond ASCII to a text."""
    spot = m.pick(lambda spot: isinstance(spot.value, str))
    if spot is None:
        return False
    spot.put(
        m.rng.choice(
            [
                spot.value + " ",
                " " + spot.value,
                spot.value + "\n",
                spot.value + "\t",
                spot.value + "é",
                "",
                "{{ x }}",
                "${X}",
                spot.value + ".",
                spot.value.upper(),
                spot.value + "/",
                "http://[::1",
                "https://a b",
                "a,b",
            ]
        )
    )
    return None


@_mutation
def swapped(m: Mutant) -> bool | None:
    """Exchange two values that stand beside each other."""
    spot = m.pick(lambda spot: isinstance(spot.value, (dict, list)) and len(spot.value) > 1)
    if spot is None:
        return False
    keys = list(spot.value) if isinstance(spot.value, dict) else list(range(len(spot.value)))
    first, second = m.rng.sample(keys, 2)
    spot.value[first], spot.value[second] = spot.value[second], spot.value[first]
    return None


@_mutation
def transplanted(m: Mutant) -> bool | None:
    """Copy a value to a place where another one stands."""
    first, second = m.pick(), m.pick()
    if first is None or second is None or first.pointer == second.pointer:
        return False
    first.put(copy.deepcopy(second.value))
    return None
