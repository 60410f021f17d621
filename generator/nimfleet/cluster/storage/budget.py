"""The time that a model takes to start, as one budget: node, image, download, load (assumptions: plan/startup.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from nimfleet.cluster.models import ServiceFacts
from nimfleet.cluster.storage.sizes import least_of_service
from nimfleet.manifest.walk import get, integer, mapping
from nimfleet.plan.startup import startup

DEFAULT_DELAY, DEFAULT_PERIOD, DEFAULT_FAILURES = 30, 10, 120
"""The NIM operator's startup probe (nimservice_types.go, v3.1.2)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that a service takes at least: ``fetch`` to download its model (into its cache, or while it starts),
    ``load`` to read it and start the engine; ``pod`` for a node and the image. ``gib`` is the model's size."""

    gib: float
    pod: int
    fetch: int
    load: int

    @property
    def whole(self) -> int:
        """From nothing to a ready service."""
        return self.pod + self.fetch + self.load


def budget_of(service: ServiceFacts) -> Budget | None:
    """What ``service`` takes; None when the size of its model is not known."""
    size = least_of_service(service)
    if size is None:
        return None
    plan = startup(size, service.gpus or 1)
    return Budget(size, plan.node + plan.image, plan.download, plan.load)


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
