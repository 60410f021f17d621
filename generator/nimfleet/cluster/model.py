"""One cluster as Flux would make it of the repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from nimfleet.config.model import External, NodeGroup
from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.parse import Document
from nimfleet.plan.types import EnvironmentPlan
from nimfleet.repository.files import Files
from nimfleet.repository.kustomization import BuildProblem
from nimfleet.repository.model import KubeObject
from nimfleet.repository.overlay import Overlay

Derived = TypeVar("Derived")


class World(Enum):
    """How much of the cluster is known, which decides whether something that is not here is missing."""

    COMPLETE = "complete"
    """An environment, or everything that Flux reaches from an entry: what is not here does not exist, unless
    Kubernetes, EKS, a chart or nimfleet.toml brings it."""

    FOLDER = "folder"
    """A whole folder of manifests without Flux: the kinds that are specific to it (NIMCache, EC2NodeClass,
    sources) are here; what clusters commonly have already (namespaces, Secrets, storage classes) may be
    elsewhere."""

    PART = "part"
    """Single files, or a part of a repository: only what contradicts itself is wrong."""


class Profile(StrEnum):
    """How much ``policy/*`` asks for."""

    MINIMAL = "minimal"
    STANDARD = "standard"
    PRODUCTION = "production"

    def covers(self, other: Profile) -> bool:
        """Whether what ``other`` asks for is asked for in this profile, too."""
        order = list(Profile)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One Flux Kustomization of the cluster that builds a path of this repository, and what it applies.

    ``overlay`` is None when its source is another repository. ``built`` tells whether ``objects`` is what it applies; it is
    empty and says nothing where the source is another repository or the overlay does not build.
    """

    kustomization: KubeObject
    overlay: Overlay | None
    objects: tuple[KubeObject, ...]
    built: bool

    @property
    def id(self) -> ObjectId:
        """Of the Kustomization."""
        return self.kustomization.id


@dataclass(slots=True, eq=False)
class Cluster:
    """What one cluster would hold.

    ``name`` is the environment's folder, or the folder of Flux's entry, or ``""``. ``objects`` are all its objects,
    ``units`` the Flux Kustomizations among them in the order of ``objects``. ``kubernetes`` is the minor version
    ("1.34"), ``pins`` the versions by project (``karpenter-provider-aws``: ``1.14.1``) of charts that bring CRDs.
    ``plan`` is there for an environment that renders. ``externals`` and ``node_groups`` come from nimfleet.toml.
    ``documents`` are all documents of the files, ``problems`` those of the build, for what an overlay cannot show.

    Not frozen only for the cache of :meth:`once`; nothing else may change.
    """

    name: str
    world: World
    profile: Profile
    kubernetes: str
    pins: Mapping[str, str]
    objects: tuple[KubeObject, ...]
    units: tuple[Unit, ...] = ()
    plan: EnvironmentPlan | None = None
    externals: tuple[External, ...] = ()
    node_groups: tuple[NodeGroup, ...] = ()
    documents: tuple[Document, ...] = ()
    problems: tuple[BuildProblem, ...] = ()
    files: Files | None = None
    _kinds: dict[tuple[str, str], list[KubeObject]] | None = None
    _by_id: dict[tuple[str, str, str, str], KubeObject] | None = None
    _names: frozenset[str] | None = None
    _derived: dict[Callable[[Cluster], Any], Any] = field(default_factory=dict)

    def once(self, derive: Callable[[Cluster], Derived]) -> Derived:
        """``derive(self)``, worked out at the first call. ``derive`` must be a function of a module, not a
        lambda."""
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        found: Derived = self._derived[derive]
        return found

    def kind(self, group: str, kind: str) -> Sequence[KubeObject]:
        """The objects of a kind, whatever its version."""
        if self._kinds is None:
            self._kinds = {}
            for item in self.objects:
                self._kinds.setdefault((item.id.group, item.id.kind), []).append(item)
        return self._kinds.get((group, kind), ())

    def find(self, group: str, kind: str, namespace: str, name: str) -> KubeObject | None:
        """One object; ``namespace`` is ``""`` for kinds without namespaces. Where an object leaves its namespace out,
        it is in ``default``."""
        if self._by_id is None:
            self._by_id = {}
            for item in self.objects:
                self._by_id.setdefault((item.id.group, item.id.kind, item.id.namespace, item.id.name), item)
        found = self._by_id.get((group, kind, namespace, name))
        return self._by_id.get((group, kind, "", name)) if found is None and namespace == "default" else found

    def declared(self, kind: str, namespace: str, name: str) -> External | None:
        """What nimfleet.toml says of an object that is not in the repository; None when it says nothing."""
        for entry in self.externals:
            if entry.kind == kind and fnmatchcase(name, entry.name) and fnmatchcase(namespace, entry.namespace or "*"):
                return entry
        return None

    def knows(self, kind: str) -> bool:
        """Whether an object of this kind (of any group) is among the objects: then others of it are expected, too."""
        if self._names is None:
            self._names = frozenset(item.id.kind for item in self.objects)
        return kind in self._names
