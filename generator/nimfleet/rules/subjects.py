"""What rules look at. Each type is a scope of its own: a rule names the one it wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.errors import Problem
from nimfleet.manifest.parse import ParseProblem
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject, Place
from nimfleet.schema.check import Violation


@dataclass(frozen=True, slots=True, eq=False)
class StyledText:
    """One file for yamllint. ``config`` is yamllint's own configuration object."""

    file: str
    text: str
    config: Any


@dataclass(frozen=True, slots=True, eq=False)
class TextProblem:
    """Something wrong with a file before it is a manifest."""

    problem: ParseProblem


@dataclass(frozen=True, slots=True, eq=False)
class IntentProblem:
    """Something wrong with an environment.yaml."""

    problem: Problem


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """An object and what its schema says against it (never nothing: good objects are not passed to rules)."""

    object: KubeObject
    violations: Sequence[Violation]


@dataclass(frozen=True, slots=True, eq=False)
class Unjudged:
    """An object that has no schema. ``known_group`` tells whether its API group has any; ``hint`` what is
    near."""

    object: KubeObject
    known_group: bool
    hint: str


@dataclass(frozen=True, slots=True, eq=False)
class Pin:
    """A chart version that a HelmRelease pins, of a project with schemas, but none for this version."""

    project: str
    version: str
    known: tuple[str, ...]
    place: Place
    object: str
    pointer: Pointer


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """A generated file that is not what environment.yaml asks for; ``kind`` is edited, missing or stale.

    ``place`` is the first line that differs; for a missing file it is the place in environment.yaml.
    """

    kind: str
    file: str
    environment: str
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """kubeconform refuses an object that nimfleet takes."""

    object: KubeObject
    pointer: Pointer
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One object before and after; ``after`` is None when it is gone."""

    before: KubeObject
    after: KubeObject | None
    base: str


@dataclass(frozen=True, slots=True, eq=False)
class Crash:
    """A rule, or a stage, that raised an exception."""

    what: str
    error: str
    place: Place
