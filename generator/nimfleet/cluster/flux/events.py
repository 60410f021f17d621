"""What happens while Flux brings up a cluster, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nimfleet.cluster.model import Unit
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject


class What(StrEnum):
    """What happens to an object."""

    DEFINED = "defined"
    """The Namespaces and CRDs of a Kustomization are there."""
    APPLIED = "applied"
    """Everything of a Kustomization is there."""
    INSTALLING = "installing"
    """Helm has begun with a release: the CRDs that it brings are there."""
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens once. Events of one object and one ``what`` are equal."""

    what: What
    object: KubeObject

    def __str__(self) -> str:
        return f"{self.object.id} {self.what}"


class Why(StrEnum):
    """Why one event must come after another."""

    DEPENDENCY = "dependency"
    """``dependsOn``."""
    APPLIER = "applier"
    """The object must be applied first."""
    PARTS = "parts"
    """Flux applies a Kustomization, or Helm a release, before it is ready; definitions first."""
    WAIT = "wait"
    """``wait`` or ``healthChecks``."""
    SOURCE = "source"
    KIND = "kind"
    """The CRD."""
    WEBHOOK = "webhook"
    NAMESPACE = "namespace"
    CONFIG = "config"
    """``substituteFrom`` or ``valuesFrom``."""
    CONTROLLER = "controller"
    """Who works for the kind must run."""
    REFERENCE = "reference"
    """The object names another, without which it does not become ready."""
    SUSPENDED = "suspended"
    BUILD = "build"
    """The path does not build, or is not there."""
    NEVER = "never"
    """It does not become ready as it is written."""


@dataclass(frozen=True, slots=True)
class Need:
    """One condition of an event: one of ``events`` must have happened (none: it can never happen).

    ``words`` finish the sentence "it waits for ..."; ``object`` and ``pointer`` say where the condition is written.
    """

    events: tuple[Event, ...]
    why: Why
    words: str
    object: KubeObject
    pointer: Pointer = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Events that can happen once those of all steps before have."""

    number: int
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One event that never happens, and the condition that it waits for in vain."""

    event: Event
    need: Need


@dataclass(frozen=True, slots=True)
class Deadlock:
    """The smallest set of events that hold each other up (a circle: each waits for the next, the last for the first), or
    one event whose condition nothing can meet. ``held`` counts everything that does not happen because of it."""

    links: tuple[Link, ...]
    held: int

    @property
    def reasons(self) -> frozenset[Why]:
        """Why its events wait."""
        return frozenset(link.need.why for link in self.links)


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """How a cluster comes up from nothing. ``needs`` has the conditions of every event: the order that Flux takes is any
    that meets them all. ``blocked`` are the events that never happen."""

    steps: tuple[Step, ...]
    needs: dict[Event, tuple[Need, ...]]
    blocked: tuple[Event, ...]
    deadlocks: tuple[Deadlock, ...]
    units: tuple[Unit, ...]
