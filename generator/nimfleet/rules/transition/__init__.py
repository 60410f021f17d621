"""Rules about what changes between the repository and what the cluster holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject

_FROZEN: dict[tuple[str, str], tuple[tuple[Pointer, bool], ...]] = {
    ("apps.nvidia.com", "NIMCache"): ((("spec",), False),),
    ("storage.k8s.io", "StorageClass"): (
        (("provisioner",), False),
        (("parameters",), False),
        (("reclaimPolicy",), False),
        (("volumeBindingMode",), False),
    ),
    ("", "PersistentVolumeClaim"): (
        # A claim without a class gets the cluster's default one on the way in.
        (("spec", "storageClassName"), True),
        (("spec", "accessModes"), False),
    ),
    ("apps", "Deployment"): ((("spec", "selector"), False),),
    ("apps", "StatefulSet"): ((("spec", "selector"), False),),
    ("apps", "DaemonSet"): ((("spec", "selector"), False),),
}
_DEFAULTS: dict[tuple[str, str, Pointer], Any] = {
    ("storage.k8s.io", "StorageClass", ("reclaimPolicy",)): "Delete",
    ("storage.k8s.io", "StorageClass", ("volumeBindingMode",)): "Immediate",
}
_DATA: tuple[tuple[Pointer, bool], ...] = (
    (("data",), False),
    (("binaryData",), False),
    (("stringData",), False),
    (("immutable",), False),
)


def frozen_paths(before: KubeObject) -> Iterator[tuple[Pointer, bool]]:
    """Pointers of the parts of an object that no update may change, and whether an unset one may be set."""
    key = (before.id.group, before.id.kind)
    yield from _FROZEN.get(key, ())
    immutable = isinstance(before.value, dict) and before.value.get("immutable") is True
    if key in {("", "ConfigMap"), ("", "Secret")} and immutable:
        yield from _DATA


def value_at(item: KubeObject, pointer: Pointer) -> Any:
    """The object's value at ``pointer``, or the server's default for it; None when there is neither."""
    value = item.value
    for part in pointer:
        value = value.get(part) if isinstance(value, dict) else None
    return _DEFAULTS.get((item.id.group, item.id.kind, pointer)) if value is None else value
