"""What operators refuse, crash or stall on although the API server's schemas accept it.

Objects that their schema refuses are looked at too, so that nothing here may rely on a shape: the readers
below take any value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nimfleet.rules.registry import Hit
from nimfleet.rules.subjects import Admitted

_QUANTITY = re.compile(r"([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?")
GPU = "nvidia.com/gpu"


def hit(subject: Admitted, message: str, *path: str | int) -> Hit:
    """A hit at ``path`` below the subject's part of the object; what is missing there is shown at its
    parent."""
    pointer = (*subject.pointer, *path)
    return Hit(subject.object.place(pointer), message, str(subject.object.id), pointer)


def get(value: Any, *path: str) -> Any:
    """What is at ``path``, or None; an explicit null is as good as nothing."""
    for part in path:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> Sequence[Any]:
    """``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else ()


def text(value: Any) -> str:
    """``value`` if it is a string, else an empty one: in Go, what is not set."""
    return value if isinstance(value, str) else ""


def whole(value: Any) -> int | None:
    """``value`` if it is an integer."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def enabled(spec: Any, *path: str) -> bool:
    """Whether the switch ``enabled`` of the part at ``path`` is on."""
    return get(spec, *path, "enabled") is True


def is_positive(value: Any) -> bool | None:
    """Whether an amount is above 0; None for what is no amount."""
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        return None
    return match[1] != "-" and any(digit in match[2] for digit in "123456789")


def asks_for_gpu(spec: Any) -> bool:
    """Whether a service requests GPUs (or slices of one) itself, as a resource or as a claim."""
    if sequence(get(spec, "draResources")):
        return True
    return any(
        str(name).startswith(("nvidia.com/", "aws.amazon.com/neuron"))
        for part in ("requests", "limits")
        for name in mapping(get(spec, "resources", part))
    )


def volume_faults(subject: Admitted, *path: str) -> Iterator[Hit]:
    """What is wrong with the claim for a volume at ``path``, in a service and in a cache alike."""
    claim = get(subject.spec, *path)
    if not isinstance(claim, dict):
        return
    mode = text(claim.get("volumeAccessMode"))
    if mode and mode not in ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"):
        message = f"'{mode}' is no access mode; one is ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod"
        yield hit(subject, message, *path, "volumeAccessMode")
    if claim.get("create") is not True:
        if not text(claim.get("name")) and any(value not in (None, "", {}) for value in claim.values()):
            yield hit(subject, "neither `create: true` nor the name of a claim that exists", *path)
        return
    size = claim.get("size")
    if size in (None, ""):
        yield hit(subject, "a volume is to be created, but `size` is not set", *path)
    elif is_positive(size) is not True:
        yield hit(
            subject, f"a volume is to be created, but its size '{size}' is no amount, such as 50Gi", *path, "size"
        )
    if not mode:
        yield hit(subject, "a volume is to be created, but `volumeAccessMode` is not set", *path)
