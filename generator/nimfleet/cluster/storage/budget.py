"""The time that a model takes to start, as one budget: node, image, download, load (assumptions: plan/startup.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import ServiceFacts
from nimfleet.cluster.storage.claims import claims, service_claim
from nimfleet.cluster.storage.classes import Driver
from nimfleet.cluster.storage.sizes import least_of_service
from nimfleet.manifest.walk import get, integer, mapping
from nimfleet.plan.startup import CACHE_MIB_PER_SECOND, startup

DEFAULT_DELAY, DEFAULT_PERIOD, DEFAULT_FAILURES = 30, 10, 120
"""The NIM operator's startup probe (nimservice_types.go, v3.1.2)."""

_MIB_PER_SECOND = {Driver.EFS: CACHE_MIB_PER_SECOND, Driver.EBS: 125, Driver.FSX: 500, Driver.OTHER: 1000}
"""What one reader gets: EFS as planned, EBS the least of gp3; what is not known is taken to be fast."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that a service takes at least.

    ``pod`` is for a node and the image, ``fetch`` to download its model (into its cache, or while it starts), ``load`` to
    read it from its cache (nothing without one) and start the engine. ``gib`` is the model's size.
    """

    gib: float
    pod: int
    fetch: int
    load: int

    @property
    def whole(self) -> int:
        """From nothing to a ready service."""
        return self.pod + self.fetch + self.load


def budget_of(cluster: Cluster, service: ServiceFacts) -> Budget | None:
    """What ``service`` takes; None when the size of its model is not known."""
    size = least_of_service(service)
    if size is None:
        return None
    plan = startup(size, service.gpus or 1)
    at_planned_rate = ceil(size * 1024 / CACHE_MIB_PER_SECOND)
    name = service_claim(service)
    read = 0
    if name or mapping(get(service.spec, "storage", "nimCache")):
        driver = cluster.once(_drivers).get((service.namespace, name), Driver.OTHER)
        read = ceil(size * 1024 / _MIB_PER_SECOND[driver])
    return Budget(size, plan.node + plan.image, plan.download, plan.load - at_planned_rate + read)


def _drivers(cluster: Cluster) -> dict[tuple[str, str], Driver]:
    return {(claim.namespace, claim.name): claim.driver for claim in claims(cluster)}


def probe_seconds(spec: Mapping[str, Any]) -> int | None:
    """What a service's startup probe grants; None when it is off or not to be understood."""
    probe = mapping(spec.get("startupProbe"))
    if probe.get("enabled") is False:
        return None
    given = mapping(probe.get("probe"))
    if not given:
        return DEFAULT_DELAY + DEFAULT_PERIOD * DEFAULT_FAILURES
    return granted(given)


def granted(probe: Mapping[str, Any]) -> int:
    """Seconds until a probe with Kubernetes' defaults gives up."""
    delay = integer(probe.get("initialDelaySeconds"))
    return delay + integer(probe.get("periodSeconds"), 10) * integer(probe.get("failureThreshold"), 3)


def failures_for(spec: Mapping[str, Any], seconds: int) -> int:
    """The ``failureThreshold`` with which a service's startup probe grants ``seconds``."""
    given = mapping(get(spec, "startupProbe", "probe"))
    delay = integer(given.get("initialDelaySeconds"), 0 if given else DEFAULT_DELAY)
    period = max(1, integer(given.get("periodSeconds"), DEFAULT_PERIOD))
    return max(1, ceil((seconds - delay) / period))
