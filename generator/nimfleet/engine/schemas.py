"""Stage schema: every object against the schema that its cluster serves."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nimfleet.engine.cache import MISSING, Cache, stamp
from nimfleet.engine.environments import EnvironmentState, environment_of
from nimfleet.engine.pins import ChartPin, chart_pins
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.errors import Problem, UsageError
from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.parse import Document
from nimfleet.manifest.walk import get
from nimfleet.repository.model import KubeObject, Place, Repository
from nimfleet.rules.subjects import IntentProblem, Judged, Pin, Unjudged
from nimfleet.schema.check import Violation, check
from nimfleet.schema.convert import ConversionError, convert
from nimfleet.schema.core import CoreSchemas, core_schemas
from nimfleet.schema.model import Schema
from nimfleet.schema.store import Store
from nimfleet.secrets.scan import scan
from nimfleet.suggest import did_you_mean
from nimfleet.workers import mapped

DEFAULT_KUBERNETES = "1.34"
"""The version for objects outside of environments: a version that EKS has in standard support."""

LOCAL = "the repository's own CRD"
"""Release of schemas that were made from CRDs in the repository."""
_MANY = 1500
"""Objects from which all cores check."""
_ROUND = 20_000
_SERVED_WITHOUT_SCHEMA = frozenset({"metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io"})
_WITHOUT_SCHEMA: Mapping[str, frozenset[str]] = {
    "elbv2.k8s.aws": frozenset({"ALBTargetControlConfig"}),
    "gateway.networking.k8s.io": frozenset(
        {"BackendLBPolicy", "BackendTLSPolicy", "ListenerSet", "TCPRoute", "TLSRoute", "UDPRoute"}
    ),
    "image.toolkit.fluxcd.io": frozenset({"ImageUpdateAutomation"}),
    "keda.sh": frozenset({"ScaledJob"}),
    "monitoring.coreos.com": frozenset(
        {
            "Alertmanager",
            "AlertmanagerConfig",
            "Probe",
            "Prometheus",
            "PrometheusAgent",
            "ScrapeConfig",
            "ThanosRuler",
        }
    ),
}
"""Kinds that exist, of groups of which only other kinds have schemas here."""


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """What one cluster serves: a Kubernetes version and pinned releases of custom resources."""

    core: CoreSchemas
    pins: Mapping[str, str]
    missing: frozenset[str]
    """Projects that are pinned to a version without schemas."""


@dataclass(slots=True)
class Schemas:
    """Finds the schema of each object, and remembers the good objects for the second opinion."""

    store: Store
    repository: Repository
    states: Sequence[EnvironmentState]
    kubernetes_version: str | None
    cache: Cache = field(default_factory=Cache)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    good: list[tuple[KubeObject, Schema]] = field(default_factory=list)
    _local: dict[tuple[str, str, str], Schema] | None = None
    _digests: dict[Schema, str] = field(default_factory=dict)
    _found: dict[int, dict[tuple[str, str, str], Schema | None]] = field(default_factory=dict)

    def prepare(self, runner: Runner) -> None:
        """Find out what each cluster serves, and judge the versions that are pinned."""
        self._clusters(runner)

    def run(self, runner: Runner) -> Outcome:
        """Prepare, and judge every object."""
        self.prepare(runner)
        known: list[tuple[KubeObject, Schema]] = []
        unknown = 0
        for item in self.repository.objects:
            cluster = self.clusters[self._cluster_of(item)]
            schema = self.find(item.id, cluster)
            if schema is not None:
                known.append((item, schema))
                continue
            unknown += 1
            if not self._left_out(item.id, cluster):
                runner.judge(Unjudged(item, *self._hint(item.id, cluster)))
        for (item, schema), found in zip(known, self._checked(known), strict=True):
            violations = [violation for violation in found if not _is_open(item, violation)]
            if violations:
                runner.judge(Judged(item, violations))
            elif not found:
                self.good.append((item, schema))
        detail = f"{len(known)} object{'s' if len(known) != 1 else ''} checked"
        if unknown:
            detail += f", {unknown} unchecked"
        rules = sum(len(schema.unchecked_rules) for schema in {schema for _, schema in known} if self._is_local(schema))
        if rules:
            detail += f"; {rules} CEL rule{'s' if rules != 1 else ''} of their kinds cannot be evaluated"
        return Outcome(detail, checked=len(known), unchecked=unknown)

    def find(self, identity: ObjectId, cluster: Cluster) -> Schema | None:
        """The schema of a kind in a cluster; None when there is none, or the pinned release has none
        stored."""
        kind = (identity.group, identity.version, identity.kind)
        known = self._found.setdefault(id(cluster), {})
        if kind not in known:
            schema = cluster.core.find(*kind) or self.store.find(*kind, cluster.pins)
            known[kind] = schema or self._local_schemas().get(kind)
        return known[kind]

    def _checked(self, known: Sequence[tuple[KubeObject, Schema]]) -> Iterator[list[Violation]]:
        """What there is against each object, worked out only where it is not known."""
        keys = [self.key("schema", item, schema) for item, schema in known]
        fresh = [pair for pair, key in zip(known, keys, strict=True) if self.cache.get(key) is MISSING]
        results = iter(mapped(_violations, fresh, enough=_MANY, most=_ROUND))
        for (item, _), key in zip(known, keys, strict=True):
            found = self.cache.get(key)
            if found is not MISSING:
                yield [Violation(tuple(pointer), keyword, message) for pointer, keyword, message in found or ()]
                continue
            violations = next(results)
            # Messages quote values: of what may be secret, none is kept.
            if key and not (violations and isinstance(item.content, Document) and scan(item.content.text)):
                kept = [(violation.pointer, violation.keyword, violation.message) for violation in violations]
                self.cache.put(key, kept or 0)
            yield violations

    def key(self, what: str, item: KubeObject, schema: Schema) -> str:
        """Key of a result about an object as it is written, "" when none is kept: of Secrets, not even a digest
        is."""
        content = item.content
        if not self.cache or not isinstance(content, Document) or item.id.kind == "Secret":
            return ""
        if schema not in self._digests:
            source = stamp(schema.path) if schema.path else schema.release
            if schema.release == LOCAL:
                source = json.dumps(schema.document)
            self._digests[schema] = self.cache.key(schema.release, source)
        return self.cache.key(what, self._digests[schema], content.identity_text)

    def _is_local(self, schema: Schema) -> bool:
        """Whether the schema is the repository's own: what nimfleet ships has no rule that it cannot evaluate."""
        return schema.path is None or schema.path.is_relative_to(self.repository.root)

    def _cluster_of(self, item: KubeObject) -> str:
        state = environment_of(self.states, item.folder)
        return state.folder if state else ""

    def _clusters(self, runner: Runner) -> None:
        pins: dict[str, list[ChartPin]] = defaultdict(list)
        for pin in chart_pins(self.repository.objects, self._cluster_of):
            pins[self._cluster_of(pin.object)].append(pin)
        for state in (None, *self.states):
            name = state.folder if state else ""
            versions: dict[str, set[str]] = defaultdict(set)
            for pin in pins[name]:
                versions[pin.project].add(pin.version)
                if not self.store.has_release(pin.project, pin.version):
                    self._unknown_pin(runner, pin)
            # Two versions in one cluster: the objects do not say whose they are, so the newest known one
            # counts.
            chosen = {project: next(iter(found)) for project, found in versions.items() if len(found) == 1}
            missing = frozenset(
                project for project, version in chosen.items() if not self.store.has_release(project, version)
            )
            self.clusters[name] = Cluster(self._core(runner, state), chosen, missing)

    def _core(self, runner: Runner, state: EnvironmentState | None) -> CoreSchemas:
        version = state.kubernetes_version if state else None
        if state is not None and version is not None and state.loaded is not None:
            try:
                return core_schemas(version)
            except UsageError as error:
                place = state.loaded.position(("cluster", "kubernetesVersion"))
                pointer = "/cluster/kubernetesVersion"
                runner.judge(IntentProblem(Problem(state.file, place.line, place.column, pointer, str(error))))
        return core_schemas(self.kubernetes_version or DEFAULT_KUBERNETES)

    def _unknown_pin(self, runner: Runner, pin: ChartPin) -> None:
        known = tuple(release.version for release in self.store.releases() if release.project == pin.project)
        place = pin.object.place(pin.pointer)
        runner.judge(Pin(pin.project, pin.version, known, place, str(pin.object.id), pin.pointer))

    def _left_out(self, identity: ObjectId, cluster: Cluster) -> bool:
        """Kinds that are known to be unchecked, and were said to be where the reason is."""
        if identity.group in _SERVED_WITHOUT_SCHEMA:
            return True
        return bool(cluster.missing) and any(
            release.project in cluster.missing and entry.group == identity.group
            for release in self.store.releases()
            for entry in release.entries
        )

    def _hint(self, identity: ObjectId, cluster: Cluster) -> tuple[bool, str]:
        """Whether the group is known, and the nearest thing that is."""
        group, kind = identity.group, identity.kind
        if kind in _WITHOUT_SCHEMA.get(group, ()):
            return False, ""
        known = {*cluster.core.kinds(), *self.store.kinds(), *self._local_schemas()}
        if any(known_group == group for known_group, _, _ in known):
            versions = sorted(
                {
                    version
                    for known_group, version, known_kind in known
                    if known_group == group
                    and known_kind == kind
                    and version != identity.version
                    and self.find(ObjectId(group, version, kind, "", ""), cluster) is not None
                }
            )
            if versions:
                prefix = f"{group}/" if group else ""
                return True, f" It is in {', '.join(prefix + version for version in versions)}"
            return True, did_you_mean(
                kind, {known_kind for known_group, _, known_kind in known if known_group == group}
            )
        same_kind = {known_group for known_group, _, known_kind in known if known_kind == kind and known_group}
        return False, did_you_mean(group, same_kind) if same_kind else ""

    def _local_schemas(self) -> Mapping[tuple[str, str, str], Schema]:
        """Schemas of the CRDs that are in the repository itself, converted when a kind is not found
        elsewhere."""
        if self._local is None:
            self._local = {}
            for item in self.repository.objects:
                if item.id.kind == "CustomResourceDefinition" and item.id.api_version == "apiextensions.k8s.io/v1":
                    self._local.update(_converted(item.value))
        return self._local


def _violations(entry: tuple[KubeObject, Schema]) -> list[Violation]:
    item, schema = entry
    return check(decrypted_shape(item.value), schema)


def _is_open(item: KubeObject, violation: Violation) -> bool:
    """Whether a violation is about a text with a variable that is still to be filled in (from a Secret, by a script):
    nobody knows what it will be. That a variable has no value is for the rules about Flux to say."""
    value = None if violation.keyword == "unknown-field" else get(item.value, *violation.pointer)
    return isinstance(value, str) and "${" in value


def decrypted_shape(value: Any) -> Any:
    """An object as Flux applies it after decryption: without SOPS' own key, and without values still
    encrypted, nor the type that says what they must be."""
    if not isinstance(value, dict) or not isinstance(value.get("sops"), dict):
        return value
    plain = {key: part for key, part in value.items() if key != "sops"}
    if plain.get("kind") == "Secret":
        for key in ("data", "stringData", "type"):
            plain.pop(key, None)
    return plain


def _converted(crd: Any) -> Iterable[tuple[tuple[str, str, str], Schema]]:
    try:
        versions = convert(crd)
    except ConversionError:
        return
    for version in versions:
        document = version.document
        schema = Schema(
            group=version.group,
            version=version.version,
            kind=version.kind,
            plural=version.plural,
            scope=version.scope,
            served=version.served,
            cel_rules=version.cel_rules,
            release=LOCAL,
            path=None,
            load=lambda document=document: document,  # type: ignore[misc] # bound now, not when called
        )
        try:
            _ = schema.validator
        except ValueError:
            continue  # for instance a pattern that RE2 does not know: the server refuses the CRD
        yield (version.group, version.version, version.kind), schema


def nowhere(item: KubeObject) -> Place:
    """A place to blame when a rule about an object crashes, without asking kustomize for it."""
    return Place(item.folder or ".", 1, 1)
