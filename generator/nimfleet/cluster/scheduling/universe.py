"""The instance types of the catalog as one set, and subsets of it as the bits of a number: bit 0 is the cheapest type.

Every question of the proof ends in "which types are left?", and sets of bits make that question cheap enough to ask it for each
subset of a pod's constraints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import InstanceType, by_price
from nimfleet.cluster.scheduling.labels import (
    AWS,
    CATEGORY,
    COMPLETE_FAMILIES,
    FAMILY,
    GENERATION,
    INSTANCE_LABELS,
    INSTANCE_TYPE,
    WITHOUT_ACCELERATOR,
    instance_labels,
    labels_of_name,
)
from nimfleet.cluster.scheduling.requirement import Requirement, none_of

_NAME = re.compile(r"[a-z][a-z0-9-]*[0-9][a-z0-9-]*\.[a-z0-9-]+")
_LAST_GENERATION = 12
"""The newest families of 2026 are of generation 8."""
_OTHER_FAMILIES = none_of(COMPLETE_FAMILIES)
_ACCELERATED = (f"{AWS}instance-gpu-", f"{AWS}instance-accelerator-")


@cache
def types() -> tuple[InstanceType, ...]:
    """All types of the catalog, cheapest first, those without a known price last."""
    return tuple(sorted(load_catalog().instances.values(), key=by_price))


@cache
def everything() -> int:
    """All bits."""
    return (1 << len(types())) - 1


@cache
def bit_of(name: str) -> int:
    """The bit of the type with this name; 0 for one that the catalog does not have."""
    return next((1 << index for index, instance in enumerate(types()) if instance.name == name), 0)


@lru_cache(maxsize=8192)
def labelled(key: str, requirement: Requirement) -> int:
    """The types whose label ``key`` (one of :data:`~nimfleet.cluster.scheduling.labels.INSTANCE_LABELS`) is allowed."""
    bits = 0
    for index, instance in enumerate(types()):
        if requirement.allows(instance_labels(instance).get(key)):
            bits |= 1 << index
    return bits


def members(bits: int) -> Iterator[int]:
    """The indexes of the bits that are set, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def strangers(wishes: Mapping[str, Requirement]) -> Iterator[str]:
    """Categories (``""`` for any) of instance types that the catalog does not have but that may exist and meet
    ``wishes`` for labels of types.

    Families that the catalog holds whole have no other types. Of an unknown type only what its name says is known, and that
    most categories have no accelerators.
    """
    names = _other_names()
    names = names & wishes[INSTANCE_TYPE] if INSTANCE_TYPE in wishes else names
    families = _OTHER_FAMILIES
    families = families & wishes[FAMILY] if FAMILY in wishes else families
    if not names.complement:
        known = [
            labels
            for name in sorted(names.values)
            if _NAME.fullmatch(name)
            and name.partition(".")[0] not in COMPLETE_FAMILIES
            and _plausible(labels := labels_of_name(name))
        ]
    elif not families.complement:
        known = [labels for family in sorted(families.values) if _plausible(labels := _of_family(family))]
    else:
        category = wishes.get(CATEGORY)
        known = (
            [{CATEGORY: value} for value in sorted(category.values)]
            if category is not None and not category.complement
            else [{}]
        )
    for labels in known:
        category_name = labels.get(CATEGORY, "")
        if all(
            _may_meet(key, requirement, labels, category_name)
            for key, requirement in wishes.items()
            if key in INSTANCE_LABELS
        ):
            yield category_name


def may_exist(key: str, value: str) -> bool:
    """Whether there is, as far as is known, an instance type with this value of the label ``key`` (instance type or family; of
    other labels any value may exist)."""
    if key == INSTANCE_TYPE:
        if any(instance.name == value for instance in types()):
            return True
        family = value.partition(".")[0]
        return bool(_NAME.fullmatch(value)) and family not in COMPLETE_FAMILIES and _plausible(labels_of_name(value))
    if key == FAMILY:
        return value in COMPLETE_FAMILIES or _plausible(_of_family(value))
    return True


@cache
def _other_names() -> Requirement:
    return none_of(instance.name for instance in types())


def _plausible(labels: Mapping[str, str]) -> bool:
    """Whether a family can exist: it has a generation, and AWS is not that far ahead of the catalog."""
    return 0 < int(labels.get(GENERATION, "0")) <= _LAST_GENERATION


def _of_family(family: str) -> dict[str, str]:
    labels = labels_of_name(f"{family}.size")
    return {key: value for key, value in labels.items() if value not in ("size", f"{family}.size")}


def _may_meet(key: str, requirement: Requirement, labels: Mapping[str, str], category: str) -> bool:
    if key in labels:
        return requirement.allows(labels[key])
    if category in WITHOUT_ACCELERATOR and key.startswith(_ACCELERATED):
        return requirement.absent
    return requirement.possible
