"""What rules about transitions look at: one object updated, one removed, or a cluster as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject, Place
from nimfleet.schema.check import Violation

FLUX = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"
NIM = "apps.nvidia.com"

Name = tuple[str, str, str, str]
"""Group, kind, namespace and name."""


def at(value: Any, *path: str | int) -> Any:
    """The value below ``value`` at ``path``; None when there is none."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def text(value: Any, *path: str | int) -> str:
    """As :func:`at`, when that is a text, else an empty one."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def items(value: Any) -> list[Any]:
    """``value`` when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` when it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """An object, and the Flux Kustomization that applies it; None when nothing here says which does."""

    object: KubeObject
    applier: KubeObject | None

    @property
    def id(self) -> ObjectId:
        """The object's identity."""
        return self.object.id

    @property
    def value(self) -> Any:
        """The object as it is sent."""
        return self.object.value

    @property
    def flux(self) -> str:
        """Who applies it, for messages."""
        return "whoever applies it" if self.applier is None else f"Flux (Kustomization {self.applier.id.name})"

    def marked(self, name: str, *values: str) -> bool:
        """Whether a label or annotation of Flux (``kustomize.toolkit.fluxcd.io/<name>``) has one of these
        values."""
        metadata = at(self.value, "metadata")
        found = (mapping(at(metadata, part)).get(f"{FLUX}/{name}") for part in ("labels", "annotations"))
        return any(isinstance(value, str) and value.lower() in values for value in found)

    @property
    def forced(self) -> bool:
        """Whether Flux deletes it and creates it anew when an update is refused."""
        return self.marked("force", "enabled") or at(self.applier and self.applier.value, "spec", "force") is True

    @property
    def suspended(self) -> bool:
        """Whether its Kustomization is suspended."""
        return at(self.applier and self.applier.value, "spec", "suspend") is True

    @property
    def left_alone(self) -> bool:
        """Whether Flux was told not to touch it once it exists."""
        return self.marked("reconcile", "disabled") or self.marked("ssa", "ignore", "ifnotpresent")


class Fate(StrEnum):
    """What becomes of an object that is no longer here."""

    DELETED = "deleted"
    LEFT = "left"
    UNKNOWN = "unknown"
    """Nothing here says who applies it."""


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """Everything of one cluster, before and after; ``base`` is the name of what it was compared with."""

    base: str
    folder: str
    before: Mapping[tuple[str, str], Sequence[Applied]]
    after: Mapping[tuple[str, str], Sequence[Applied]]
    kept: Sequence[tuple[Applied, Applied]]
    """Each object that is still here, as it was and as it is."""
    names_before: Mapping[Name, Applied]
    names_after: Mapping[Name, Applied]
    removed: bool
    """Whether its folder is no longer here at all."""
    fate: Callable[[Applied], tuple[Fate, str]]
    """What becomes of an object of the base that is no longer here, and why."""
    place_of: Callable[[Applied], Place]
    """Where a finding about an object of the base that is no longer here stands."""

    def had(self, group: str, *kinds: str) -> Iterator[Applied]:
        """The base's objects of these kinds."""
        for kind in kinds:
            yield from self.before.get((group, kind), ())

    def has(self, group: str, *kinds: str) -> Iterator[Applied]:
        """Today's objects of these kinds."""
        for kind in kinds:
            yield from self.after.get((group, kind), ())

    def now(self, identity: ObjectId) -> Applied | None:
        """The same object today."""
        return self.names_after.get(identity.unversioned)

    def then(self, identity: ObjectId) -> Applied | None:
        """The same object in the base."""
        return self.names_before.get(identity.unversioned)

    def gone(self, group: str, *kinds: str) -> Iterator[Applied]:
        """The base's objects of these kinds that are no longer here."""
        return (item for item in self.had(group, *kinds) if self.now(item.id) is None)

    def kept_of(self, group: str, kind: str) -> Iterator[tuple[Applied, Applied]]:
        """The objects of this kind that are still here, as they were and as they are."""
        return (found for found in self.kept if (found[0].id.group, found[0].id.kind) == (group, kind))

    def all_before(self) -> Iterator[Applied]:
        """Every object of the base."""
        for found in self.before.values():
            yield from found


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """One object before and after. ``old`` and ``new`` are its values with defaults filled in; ``broken`` is
    what the rules of its kind about changes (CEL with ``oldSelf``) say."""

    before: Applied
    after: Applied
    cluster: Cluster
    old: Any
    new: Any
    broken: tuple[Violation, ...] = ()

    @property
    def base(self) -> str:
        """What is compared with, for messages."""
        return self.cluster.base

    @property
    def forced(self) -> bool:
        """Whether Flux deletes it and creates it anew: told so by the object as it is or as it was (what is in the
        cluster counts, too), or by its Kustomization."""
        return self.after.forced or self.before.marked("force", "enabled")

    def place(self, pointer: Pointer) -> Place:
        """Where that part of the object is written now."""
        return self.after.object.place(pointer)


@dataclass(frozen=True, slots=True, eq=False)
class Removal:
    """One object that is gone. ``successor`` is one of the same kind and nearly the same spec that is new;
    ``fate`` is what becomes of the object, and ``why`` says because of what."""

    before: Applied
    cluster: Cluster
    fate: Fate
    why: str
    successor: Applied | None

    @property
    def base(self) -> str:
        """What is compared with, for messages."""
        return self.cluster.base

    @property
    def place(self) -> Place:
        """Where a finding about it stands: where the object stood."""
        return self.cluster.place_of(self.before)

    @property
    def what_happens(self) -> str:
        """For messages: who deletes it."""
        if self.fate is Fate.UNKNOWN:
            return "it is deleted when whoever applies it prunes"
        return self.why
