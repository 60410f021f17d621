"""What rules look at. Each type is a scope of its own: a rule names the one it wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.errors import Problem
from nimfleet.manifest.parse import Document, ParseProblem
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject, Place
from nimfleet.schema.check import Violation
from nimfleet.secrets.kubernetes import SecretValue
from nimfleet.secrets.shapes import Leak

Remark = tuple[int, int, str, str]
"""Of yamllint: line, column, what it says, and the name of its rule."""


@dataclass(frozen=True, slots=True, eq=False)
class StyledText:
    """One file, and what yamllint remarks on it."""

    file: str
    remarks: Sequence[Remark]


@dataclass(frozen=True, slots=True, eq=False)
class TextProblem:
    """Something wrong with a file before it is a manifest."""

    problem: ParseProblem


@dataclass(frozen=True, slots=True, eq=False)
class HalfObject:
    """A document with metadata and only one of apiVersion and kind; ``missing`` is the other one."""

    document: Document
    missing: str


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
    """A file in a generated place that is not what environment.yaml asks for.

    ``kind`` is edited, line-ends (nothing else differs), missing, stale (generated once), foreign (never generated) or
    orphan (generated, and its environment.yaml is gone). ``place`` is the first line that differs; for a missing file it
    is the place in environment.yaml.
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
class Crash:
    """A rule, or a stage, that raised an exception."""

    what: str
    error: str
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What a NodePool promises of its nodes: labels, of its template, and requirements with one value."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Installed:
    """What one cluster runs: Kubernetes ("1.34"), releases by project as far as they are pinned, NodePools,
    and whether node feature discovery labels the nodes."""

    kubernetes: str
    pins: Mapping[str, str]
    pools: Mapping[str, Pool]
    feature_discovery: bool


@dataclass(frozen=True, slots=True, eq=False)
class Admitted:
    """A part of an object that an operator looks at after the API server has: ``spec``, which may have any
    shape, is at ``pointer`` in ``object``. Each kind has a subject of its own."""

    object: KubeObject
    spec: Any
    pointer: Pointer
    cluster: Installed


@dataclass(frozen=True, slots=True, eq=False)
class AdmittedService(Admitted):
    """The spec of a NIMService, or of an enabled service of a NIMPipeline, which becomes a NIMService of
    ``name``; the name is at ``name_pointer``."""

    name: Any
    name_pointer: Pointer


@dataclass(frozen=True, slots=True, eq=False)
class AdmittedPipeline(Admitted):
    """The spec of a NIMPipeline."""


@dataclass(frozen=True, slots=True, eq=False)
class AdmittedCache(Admitted):
    """The spec of a NIMCache."""


@dataclass(frozen=True, slots=True, eq=False)
class AdmittedNodePool(Admitted):
    """The spec of a Karpenter NodePool."""


@dataclass(frozen=True, slots=True, eq=False)
class AdmittedNodeClass(Admitted):
    """The spec of a Karpenter EC2NodeClass."""


@dataclass(frozen=True, slots=True, eq=False)
class AdmittedKustomization(Admitted):
    """The spec of a Flux Kustomization."""


@dataclass(frozen=True, slots=True, eq=False)
class AdmittedRelease(Admitted):
    """The spec of a Flux HelmRelease."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundSecret:
    """Something secret in a file of the repository, as ``leak`` tells; ``place`` is where it is written, ``object`` the
    object that holds it, if one does."""

    leak: Leak
    place: Place
    object: str
    pointer: Pointer = ()


@dataclass(frozen=True, slots=True, eq=False)
class SecretManifest:
    """A Secret, or a template of one in a SealedSecret, that is not encrypted. ``real`` are entries with values of no known
    shape; ``encrypted_by`` is the ``.sops.yaml`` that tells to encrypt the file, if one does."""

    document: Document
    real: Sequence[SecretValue]
    encrypted_by: str


@dataclass(frozen=True, slots=True, eq=False)
class SecretPlaceholder:
    """An entry of a Secret, written or generated, that a person should have filled in; ``pointer`` leads to it."""

    document: Document
    key: str
    pointer: Pointer


@dataclass(frozen=True, slots=True, eq=False)
class LastApplied:
    """A document whose annotation repeats the values of a Secret, which ``pointer`` leads to."""

    document: Document
    pointer: Pointer


@dataclass(frozen=True, slots=True, eq=False)
class SopsDocument:
    """A document that SOPS has encrypted, or half of one: with encrypted values but without SOPS' own block. ``plain`` are
    the entries of a Secret that are not encrypted."""

    document: Document
    plain: Sequence[SecretValue]


@dataclass(frozen=True, slots=True, eq=False)
class SopsConfig:
    """A ``.sops.yaml`` (or ``.sops.yml``, which SOPS does not read); ``secrets`` are the files in ``custom/secrets`` folders
    below its folder, relative to that."""

    document: Document
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class ExternalSecretManifest:
    """An ExternalSecret or ClusterExternalSecret; ``spec`` is that of the ExternalSecret, at ``pointer``."""

    document: Document
    spec: Any
    pointer: Pointer


@dataclass(frozen=True, slots=True, eq=False)
class SealedSecretManifest:
    """A SealedSecret."""

    document: Document


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedSecret:
    """An entry of ``secretGenerator`` that takes a secret from the repository: ``source`` is ``literals``, ``files`` or
    ``envs``, ``key`` what it is in the Secret, ``value`` what it says (of a literal) or the file's path."""

    document: Document
    pointer: Pointer
    source: str
    key: str
    value: str
