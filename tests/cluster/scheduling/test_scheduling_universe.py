"""The instance table as sets, and what may exist beside it."""

from __future__ import annotations

import pytest

from nimfleet.catalog.load import load_catalog
from nimfleet.cluster.scheduling.labels import AWS, CATEGORY, COMPLETE_FAMILIES, FAMILY, INSTANCE_TYPE, instance_labels
from nimfleet.cluster.scheduling.requirement import EXISTS, Requirement, from_operator, one_of
from nimfleet.cluster.scheduling.universe import bit_of, everything, labelled, members, strangers, types


def test_bits_are_types_the_cheapest_first() -> None:
    prices = [instance.price_usd_hour for instance in types()]
    known = [price for price in prices if price is not None]
    assert known == sorted(known)
    assert prices[: len(known)] == known
    assert len(list(members(everything()))) == len(load_catalog().instances)
    assert [types()[index].name for index in members(bit_of("g5.xlarge"))] == ["g5.xlarge"]
    assert bit_of("g5.3xlarge") == 0


def test_labels_are_karpenters() -> None:
    instances = load_catalog().instances
    labels = instance_labels(instances["g6e.12xlarge"])
    assert labels[CATEGORY] == "g"
    assert labels[f"{AWS}instance-generation"] == "6"
    assert labels[f"{AWS}instance-size"] == "12xlarge"
    assert labels[f"{AWS}instance-gpu-name"] == "l40s"
    assert labels[f"{AWS}instance-gpu-count"] == "4"
    assert labels[f"{AWS}instance-gpu-manufacturer"] == "nvidia"
    assert instance_labels(instances["p6-b200.48xlarge"])[f"{AWS}instance-generation"] == "6"
    assert f"{AWS}instance-gpu-name" not in instance_labels(instances["m6i.xlarge"])
    assert instance_labels(instances["gr6.4xlarge"])[CATEGORY] == "gr"
    assert instance_labels(instances["inf2.xlarge"])[f"{AWS}instance-accelerator-name"] == "inferentia2"


def test_requirements_choose_types() -> None:
    many = from_operator("Gt", ["4"])
    assert many is not None
    names = {types()[index].name for index in members(labelled(f"{AWS}instance-gpu-count", many))}
    assert "g5.48xlarge" in names
    assert "g5.12xlarge" not in names
    absent = from_operator("DoesNotExist", [])
    assert absent is not None
    assert all(types()[index].gpu is None for index in members(labelled(f"{AWS}instance-gpu-name", absent)))


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({}, {""}),
        ({FAMILY: one_of(["g5"])}, set()),
        ({FAMILY: one_of(["g5", "m8i"])}, {"m"}),
        ({FAMILY: one_of(["g9"])}, {"g"}),
        ({FAMILY: one_of(["g99", "gpu", "p55"])}, set()),
        ({INSTANCE_TYPE: one_of(["g5.xlarge"])}, set()),
        ({INSTANCE_TYPE: one_of(["g5.3xlarge"])}, set()),
        ({INSTANCE_TYPE: one_of(["not a type"])}, set()),
        ({INSTANCE_TYPE: one_of(["c8g.large"])}, {"c"}),
        ({INSTANCE_TYPE: one_of(["c8g.large"]), FAMILY: one_of(["m8g"])}, set()),
        ({INSTANCE_TYPE: one_of(["c8g.large"]), CATEGORY: one_of(["m"])}, set()),
        ({CATEGORY: one_of(["c", "g"])}, {"c", "g"}),
        ({CATEGORY: one_of(["c", "g"]), f"{AWS}instance-gpu-name": EXISTS}, {"g"}),
        ({FAMILY: one_of(["m8i"]), f"{AWS}instance-gpu-count": one_of(["1"])}, set()),
    ],
)
def test_types_that_the_catalog_does_not_have(wishes: dict[str, Requirement], expected: set[str]) -> None:
    assert set(strangers(wishes)) == expected


def test_complete_families_are_in_the_catalog() -> None:
    assert {instance.family for instance in load_catalog().instances.values()} >= COMPLETE_FAMILIES
