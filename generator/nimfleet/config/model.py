"""What ``nimfleet.toml`` says, as data."""

from __future__ import annotations

from dataclasses import dataclass

CONFIG_FILE = "nimfleet.toml"
"""Name of the file, at the root of the repository."""

POLICIES = ("minimal", "standard", "production")
"""Profiles of ``policy/*``, each asking for more than the one before."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """One ``[[ignore]]``: findings that are not to be told.

    ``rule`` is ``family/rule`` or ``family/*``; ``path`` and ``object`` are globs, ``object`` ``""`` for any;
    ``reason`` may be empty here, which is a finding later; ``line`` counts from 1.
    """

    rule: str
    path: str
    object: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Severity:
    """One line of ``[severity]``: ``rule`` (``family/rule`` or ``family/*``) and error, warning or info."""

    rule: str
    severity: str
    line: int


@dataclass(frozen=True, slots=True)
class External:
    """One ``[[external]]``: an object that the cluster has, but that is not in the repository.

    ``name`` and ``namespace`` are globs (``namespace`` ``""`` for any, or for a kind without namespaces); ``keys`` are the
    keys of a Secret or ConfigMap (empty: any); ``line`` counts from 1.
    """

    kind: str
    name: str
    namespace: str = ""
    keys: tuple[str, ...] = ()
    line: int = 1


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint of a node group; ``effect`` is NoSchedule, PreferNoSchedule or NoExecute."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class NodeGroup:
    """One ``[[nodeGroup]]``: nodes that are not Karpenter's, such as an EKS managed node group.

    ``instance_types`` are EC2 names; ``labels`` and ``taints`` what its nodes have; ``max_nodes`` how many there can be
    (0: not said).
    """

    name: str
    instance_types: tuple[str, ...]
    labels: tuple[tuple[str, str], ...] = ()
    taints: tuple[Taint, ...] = ()
    max_nodes: int = 0
    line: int = 1


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file; without one, the defaults."""

    ignores: tuple[Ignore, ...] = ()
    severities: tuple[Severity, ...] = ()
    exclude: tuple[str, ...] = ()
    kubernetes_version: str | None = None
    policy: str | None = None
    """``minimal``, ``standard`` or ``production``; None where the file does not say."""
    externals: tuple[External, ...] = ()
    node_groups: tuple[NodeGroup, ...] = ()
