"""The generator of documents: many ways, all of them used, the same ones each time."""

from __future__ import annotations

import json

from bases import grown_bases
from mutate import MUTATIONS, mutated
from oracle import bases, find_schema

from nimfleet.schema.check import check
from nimfleet.schema.store import Store

MINOR = "1.36"


def test_bases_are_valid_objects_of_every_kind_that_is_stored_and_served() -> None:
    good, refused = bases(MINOR, seeds=1)
    store = Store.open()
    served = {schema for key in store.kinds() if (schema := store.find(*key)) is not None and schema.served}
    assert {f"{schema.api_version} {schema.kind}" for schema in served} <= set(good)
    for values in good.values():
        schema = find_schema(values[0], MINOR)
        assert schema is not None
        assert [check(value, schema) for value in values] == [[] for _ in values]
    assert any(refused.values())


def test_every_mutation_changes_something() -> None:
    assert len(MUTATIONS) >= 25
    good, _ = bases(MINOR, seeds=1)
    value = next(value for value in good["apps/v1 Deployment"] if value["metadata"]["name"] == "web")
    service = good["apps.nvidia.com/v1alpha1 NIMService"][-1]
    for name in MUTATIONS:
        texts = []
        for base in (value, service):
            schema = find_schema(base, MINOR)
            assert schema is not None
            texts += [mutated(base, schema, name, str(seed)) for seed in range(4)]
        changed = {text for text in texts if text is not None} - {json.dumps(value), json.dumps(service)}
        assert bool(changed) == (name != "unchanged"), name


def test_the_same_seed_makes_the_same_documents() -> None:
    schema = Store.open().find("apps.nvidia.com", "v1alpha1", "NIMService")
    assert schema is not None
    first, second = grown_bases(schema), grown_bases(schema)
    assert first == second
    base = first[0][-1]
    texts = {seed: [mutated(base, schema, name, seed) for name in MUTATIONS] for seed in ("1", "2")}
    assert texts["1"] == [mutated(base, schema, name, "1") for name in MUTATIONS]
    assert texts["1"] != texts["2"]
