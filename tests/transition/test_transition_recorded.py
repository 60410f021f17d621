"""What a real kube-apiserver refused to change on living objects, as recorded, and what nimfleet says of it."""

from __future__ import annotations

import json
from typing import Any

from update_mutations import RECORDED, Mutation, bases, mutations

from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.model import KubeObject, Place
from nimfleet.rules.transition.change import Applied, Cluster, Fate, Update
from nimfleet.rules.transition.frozen import frozen


def update(old: Any, new: Any) -> Update:
    """An update of an object that stands alone."""

    def applied(value: Any) -> Applied:
        identity = ObjectId.of(value)
        assert identity is not None
        return Applied(KubeObject(identity, value, None, "", lambda _: Place("a.yaml", 1, 1)), None)

    cluster = Cluster(
        base="HEAD",
        folder="",
        before={},
        after={},
        kept=(),
        names_before={},
        names_after={},
        removed=False,
        fate=lambda _: (Fate.UNKNOWN, ""),
        place_of=lambda _: Place("a.yaml", 1, 1),
    )
    return Update(applied(old), applied(new), cluster, old, new)


def recorded() -> list[tuple[Mutation, bool]]:
    lines = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()[1:]]
    return [(Mutation(name, tuple(where), value), refused) for name, where, value, refused in lines]


def test_exactly_what_the_server_refuses_is_refused() -> None:
    objects = bases()
    wrong = [
        (mutation, "taken" if found else "refused")
        for mutation, refused in recorded()
        if (found := bool(list(frozen(update(objects[mutation.name], mutation.of(objects[mutation.name])))))) != refused
    ]
    assert not wrong, f"{len(wrong)} verdicts differ from the server's, the first: {wrong[0]}"


def test_the_record_is_of_these_objects_and_says_both() -> None:
    record = recorded()
    known = {
        (mutation.name, mutation.where, json.dumps(mutation.value))
        for base in bases().values()
        for mutation in mutations(base)
    }
    assert {(mutation.name, mutation.where, json.dumps(mutation.value)) for mutation, _ in record} <= known
    assert {mutation.name for mutation, _ in record} == set(bases())
    assert len(record) > 700
    assert 150 < sum(refused for _, refused in record) < len(record) - 150
