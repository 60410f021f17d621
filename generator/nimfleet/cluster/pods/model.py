"""Pods as the scheduler would see them, and where each of their wishes is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items
from nimfleet.repository.model import KubeObject


class Role(StrEnum):
    """What a pod is for."""

    REPLICA = "replica"
    """Serves as long as the object is there."""
    JOB = "job"
    """Runs once (or now and then), and ends."""
    DAEMON = "daemon"
    """One on each node that it tolerates."""
    MULTI_NODE = "multi-node"
    """One of the pods that serve one replica together."""


@dataclass(frozen=True, slots=True)
class Replicas:
    """How many pods there are at least, when nothing special happens (an autoscaler is at its minimum, but not at zero), and at
    most."""

    minimum: int
    steady: int
    maximum: int


@dataclass(frozen=True, slots=True, eq=False)
class PodSet:
    """Pods of one shape that one object makes.

    ``spec`` is a PodSpec as the operator (or Kubernetes) writes it: nodeSelector, affinity, tolerations, containers with
    resources, topologySpreadConstraints, volumes. It may have any shape where the object has one that its schema
    refuses. ``name`` is what a person calls it (a NIMService's name, also inside of a NIMPipeline). ``labels`` are those of
    the pods.

    ``pointers`` say where in ``owner`` the parts are written: keys are ``nodeSelector``, ``affinity``, ``tolerations``,
    ``topologySpreadConstraints``, ``container`` (the one that takes the GPUs; not for kinds of the NIM operator) with its
    ``resources`` and ``image``, ``replicas``, ``volumes`` and ``""`` (the pod as a whole).
    A key is missing where the operator adds that part itself; :meth:`pointer` falls back to ``""``.
    """

    owner: KubeObject
    role: Role
    name: str
    namespace: str
    replicas: Replicas
    spec: Mapping[str, Any]
    labels: Mapping[str, str]
    pointers: Mapping[str, Pointer]

    def pointer(self, part: str, *rest: str | int) -> Pointer:
        """Where ``part`` is written (and ``rest`` below it), or the pod as a whole where it is not."""
        if part in self.pointers:
            return (*self.pointers[part], *rest)
        return self.pointers[""]

    def request(self, resource: str) -> Pointer:
        """Where the request of ``resource`` is written (or the limit that stands for it): in the ``resources`` of the
        container that takes the GPUs, else where the pod has it; or its ``resources`` where it is nowhere."""
        places = [self.pointers["resources"]] if "resources" in self.pointers else []
        whole = self.pointers[""]
        for part in ("containers", "initContainers"):
            places += [(*at, "resources") for at, _ in items(self.owner.value, *whole, part)]
        # Resources of a NIMCache are requests themselves.
        kinds: tuple[Pointer, ...] = (("requests",), ("limits",), ())
        for place in (*places, (*whole, "resources")):
            for kind in kinds:
                if get(self.owner.value, *place, *kind, resource) is not None:
                    return (*place, *kind, resource)
        return self.pointer("resources")
