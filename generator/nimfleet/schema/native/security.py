"""Security contexts of pods and of containers (pkg/apis/core/validation)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from nimfleet.manifest.pointer import Pointer
from nimfleet.schema.native.common import Object, Problem, items, mapping, say

_PROFILES: Final = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL: Final = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
_LARGEST_ID: Final = 2**31 - 1
_CHOICES: Final = {
    "fsGroupChangePolicy": ("Always", "OnRootMismatch"),
    "procMount": ("Default", "Unmasked"),
    "seLinuxChangePolicy": ("MountOption", "Recursive"),
    "supplementalGroupsPolicy": ("Merge", "Strict"),
}


def security_context(context: Object, where: Pointer) -> Iterator[Problem]:
    """What pods and containers have in common."""
    for field in ("runAsUser", "runAsGroup", "fsGroup"):
        yield from _identity(context.get(field), (*where, field))
    for index, group in enumerate(items(context.get("supplementalGroups"))):
        yield from _identity(group, (*where, "supplementalGroups", index))
    for index, entry in enumerate(items(context.get("sysctls"))):
        name = mapping(entry).get("name")
        if not isinstance(name, str) or len(name) > 253 or not _SYSCTL.fullmatch(name):
            yield say((*where, "sysctls", index, "name"), f"must be the name of a sysctl, found `{name or ''}`")
    for field, options in _CHOICES.items():
        yield from choice(context.get(field), options, (*where, field))
    for field in ("seccompProfile", "appArmorProfile"):
        if context.get(field) is not None:
            yield from _profile(mapping(context[field]), (*where, field))
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged") is True:
            yield say((*where, "allowPrivilegeEscalation"), "must not be false when privileged is true")
        if "CAP_SYS_ADMIN" in items(mapping(context.get("capabilities")).get("add")):
            yield say((*where, "allowPrivilegeEscalation"), "must not be false with the capability CAP_SYS_ADMIN")


def choice(value: Any, options: tuple[str, ...], pointer: Pointer) -> Iterator[Problem]:
    """One of a few; an empty text is none of them."""
    if value is not None and value not in options:
        shown = ", ".join(f"`{option}`" for option in options)
        yield say(pointer, f"must be one of {shown}, found `{value}`")


def _identity(value: Any, pointer: Pointer) -> Iterator[Problem]:
    if isinstance(value, int) and not 0 <= value <= _LARGEST_ID:
        yield say(pointer, f"must be between 0 and {_LARGEST_ID}, found {value}")


def _profile(profile: Object, where: Pointer) -> Iterator[Problem]:
    kind, file = profile.get("type") or "", profile.get("localhostProfile")
    yield from choice(kind, _PROFILES, (*where, "type"))
    if kind == "Localhost":
        if not file:
            yield say((*where, "localhostProfile"), "is required when the type is Localhost")
        elif (
            isinstance(file, str)
            and where[-1] == "seccompProfile"
            and (file.startswith("/") or ".." in file.split("/"))
        ):
            yield say((*where, "localhostProfile"), f"must be relative, without `..`, found `{file}`")
    elif file is not None:
        yield say((*where, "localhostProfile"), "needs the type Localhost")
