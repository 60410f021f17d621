"""The images that a cluster's objects name, wherever they do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.repository.model import KubeObject
from nimfleet.rules.policy.pods import services, workloads

_WITH_IMAGE = ("NIMBuild", "NemoCustomizer", "NemoDatastore", "NemoEntitystore", "NemoEvaluator", "NemoGuardrail")

_CHANNEL = re.compile(
    r"(?:main|master|trunk|head|tip|dev|devel|develop|development|test|testing|unstable|experimental|snapshot|nightly|weekly|daily"
    r"|edge|canary|alpha|beta|preview|next|stable|rolling|mainline|lts|current|release|prod|production|staging)"
    r"(?:[-_.](?:alpine|slim|full|cuda|cpu|gpu|ubuntu|debian|ubi|distroless|rootless|amd64|arm64|x86_64|aarch64))*"
    r"|latest[-_.].+|.+[-_.]latest",
    re.ASCII | re.IGNORECASE,
)
_NUMBERS = re.compile(r"v?[0-9]+(?:\.[0-9]+)?", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"v?[0-9]{6,}", re.ASCII)


def is_channel(tag: str) -> bool:
    """Whether a tag is the name of a branch or channel (``main``, ``nightly``, ``stable-alpine``), which gets each new build."""
    return _CHANNEL.fullmatch(tag) is not None


def is_line(tag: str) -> bool:
    """Whether a tag is the beginning of a version (``1``, ``v1.3``), which gets each new patch; dates are none."""
    return _NUMBERS.fullmatch(tag) is not None and _DATE.fullmatch(tag) is None


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """One image; ``tag`` is ``""`` where there is none, ``digest`` tells whether one pins it. ``at`` is where the tag
    stands, or the image as a whole."""

    object: KubeObject
    at: Pointer
    name: str
    tag: str
    digest: bool


def images(cluster: Cluster) -> Sequence[Image]:
    """Every image, but for those with variables in their names."""
    return cluster.once(_images)


def _images(cluster: Cluster) -> tuple[Image, ...]:
    found: list[Image] = []
    for workload in workloads(cluster):
        for pointer, container in workload.containers():
            found += _whole(workload.object, (*pointer, "image"), container.get("image"))
    for service in services(cluster):
        found += _parts(service.object, (*service.at, "image"), service.spec.get("image"))
        for part in ("initContainers", "sidecarContainers"):
            for pointer, container in items(service.spec, part):
                found += _parts(service.object, (*service.at, *pointer, "image"), container.get("image"))
    for item in cluster.kind(NIM, "NIMCache"):
        for source in mapping(get(item.value, "spec", "source")):
            at = ("spec", "source", source, "modelPuller")
            found += _whole(item, at, get(item.value, *at))
    for kind in _WITH_IMAGE:
        for item in cluster.kind(NIM, kind):
            found += _parts(item, ("spec", "image"), get(item.value, "spec", "image"))
    return tuple(found)


def _whole(item: KubeObject, at: Pointer, value: Any) -> Iterator[Image]:
    name, pinned, _ = text(value).partition("@")
    if not name or "$" in name:
        return
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # a port of the registry is no tag
        repository, tag = name, ""
    yield Image(item, at, repository, tag, bool(pinned))


def _parts(item: KubeObject, at: Pointer, value: Any) -> Iterator[Image]:
    parts: Mapping[str, Any] = mapping(value)
    name, pinned, _ = text(parts.get("repository")).partition("@")
    tag = text(parts.get("tag"))
    # An empty tag is admission/nimservice-image's affair.
    if name and tag and "$" not in f"{name}{tag}":
        yield Image(item, (*at, "tag"), name, tag, bool(pinned) or "sha256" in tag)
