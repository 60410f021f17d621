"""Claims and classes of storage (pkg/apis/core/validation, pkg/apis/storage/validation)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nimfleet.schema.native.common import SUBDOMAIN, Object, Problem, items, mapping, one_of, say
from nimfleet.schema.quantity import parse_quantity

_ACCESS_MODES: Final = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")


def claim(value: Object) -> Iterator[Problem]:
    spec = mapping(value.get("spec"))
    modes = items(spec.get("accessModes"))
    if not modes:
        yield say(("spec", "accessModes"), "must hold at least one mode")
    for index, mode in enumerate(modes):
        if mode not in _ACCESS_MODES:
            shown = ", ".join(f"`{option}`" for option in _ACCESS_MODES)
            yield say(("spec", "accessModes", index), f"must be one of {shown}, found `{mode}`")
    if "ReadWriteOncePod" in modes and len(modes) > 1:
        yield say(("spec", "accessModes"), "must not hold other modes beside `ReadWriteOncePod`")
    size = mapping(mapping(spec.get("resources")).get("requests")).get("storage")
    parsed = None if size is None else parse_quantity(str(size))
    if size is None:
        yield say(("spec", "resources", "requests", "storage"), "is required")
    elif parsed is not None and parsed.value <= 0:
        yield say(("spec", "resources", "requests", "storage"), f"must be greater than zero, found `{size}`")
    yield from one_of(spec.get("volumeMode"), ("Block", "Filesystem"), ("spec", "volumeMode"))
    name = spec.get("storageClassName")
    if isinstance(name, str) and name and not SUBDOMAIN.fullmatch(name):
        yield say(("spec", "storageClassName"), f"must be a DNS subdomain, found `{name}`")


def storage_class(value: Object) -> Iterator[Problem]:
    if not value.get("provisioner"):
        yield say(("provisioner",), "is required")
    yield from one_of(value.get("reclaimPolicy"), ("Delete", "Retain"), ("reclaimPolicy",))
    yield from one_of(value.get("volumeBindingMode"), ("Immediate", "WaitForFirstConsumer"), ("volumeBindingMode",))
