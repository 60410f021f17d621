"""The clusters of a repository, put together from what was read, and the stage that judges them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nimfleet.cluster.model import Cluster, Profile, Unit, World
from nimfleet.cluster.partition import Part, Reach, partition
from nimfleet.config.model import POLICIES, Config
from nimfleet.engine.environments import EnvironmentState
from nimfleet.engine.opening import opened
from nimfleet.engine.runner import Outcome, Runner, hits
from nimfleet.engine.schemas import Schemas
from nimfleet.errors import UsageError
from nimfleet.manifest.parse import Document
from nimfleet.repository.environments import CLUSTERS
from nimfleet.repository.model import KubeObject, Place, Repository
from nimfleet.rules.registry import Hit
from nimfleet.schema.store import Store
from nimfleet.suggest import did_you_mean
from nimfleet.workers import mapped

_MANY = 1500
"""Objects from which all cores judge."""
_LARGE = 20_000
"""Objects of one cluster from which their values are not all kept in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What clusters are made of. ``asked`` are the paths to validate, relative to the root."""

    repository: Repository
    states: Sequence[EnvironmentState]
    schemas: Schemas
    config: Config
    asked: Sequence[str]
    policy: str | None
    reach: Reach
    documents: Mapping[str, tuple[Document, ...]]
    """By the environment's folder; those of all files under ``""``."""

    @classmethod
    def of(
        cls,
        repository: Repository,
        states: Sequence[EnvironmentState],
        schemas: Schemas,
        config: Config,
        asked: Sequence[str],
        policy: str | None,
    ) -> Setting:
        """What follows from the rest is worked out once for all clusters."""
        documents: dict[str, list[Document]] = {"": [], **{state.folder: [] for state in states}}
        for source in repository.sources:
            documents[""] += source.documents
            parts = source.path.split("/")
            for index, part in enumerate(parts[:-2]):
                folder = "/".join(parts[: index + 2])
                if part == CLUSTERS and folder in documents:
                    documents[folder] += source.documents
        shared = {folder: tuple(found) for folder, found in documents.items()}
        return cls(repository, states, schemas, config, asked, policy, Reach(repository), shared)


def judge_clusters(
    runner: Runner,
    repository: Repository,
    states: Sequence[EnvironmentState],
    schemas: Schemas,
    config: Config,
    asked: Sequence[str],
    policy: str | None,
) -> Outcome:
    """Stage cluster: every rule about a cluster as a whole."""
    setting = Setting.of(repository, states, schemas, config, asked, policy)
    parts = partition(repository, [state.folder for state in states], setting.reach)

    def judged(part: Part) -> list[tuple[str, Hit]]:
        return hits(_cluster(setting, part), Place(part.name or ".", 1, 1))

    sizes = [len(part.members) for part in parts]
    for found in mapped(judged, parts, sizes, enough=_MANY):
        runner.take(found)
    if not parts:
        return Outcome(skipped="no objects here")
    seen = len(repository.objects)
    several = f" in {len(parts)} clusters" if len(parts) > 1 else ""
    return Outcome(f"{seen} object{'s' if seen != 1 else ''} seen together{several}", checked=seen)


def load_clusters(
    paths: Sequence[str | Path],
    root: str | Path | None = None,
    kubernetes_version: str | None = None,
    policy: str | None = None,
) -> tuple[Cluster, ...]:
    """The clusters of files, folders, environments or repositories, as :func:`nimfleet.validate` sees them.

    Raises:
        UsageError: a path, the root, the version or the policy cannot be used, there is no YAML file at all, or
            kustomize is missing where there is something to build.
    """
    check_policy(policy)
    start = opened(paths, root, kubernetes_version)
    loader = start.loader()
    if loader.kustomize is None and loader.builds:
        raise UsageError("kustomize is not on PATH and not in .bin (`make setup` installs it)")
    loader.start()
    repository = loader.finish()
    states = start.environments(loader)
    schemas = Schemas(Store.open(overlay=start.root / "schemas"), repository, states, start.kubernetes)
    schemas.prepare(Runner())
    setting = Setting.of(repository, states, schemas, start.config, start.asked(loader), policy)
    parts = partition(repository, [state.folder for state in states], setting.reach)
    return tuple(_cluster(setting, part) for part in parts)


def check_policy(policy: str | None) -> None:
    """Whether there is such a profile.

    Raises:
        UsageError: there is none of this name.
    """
    if policy is not None and policy not in POLICIES:
        raise UsageError(
            f"there is no policy `{policy}`.{did_you_mean(policy, POLICIES)} It is one of {', '.join(POLICIES)}"
        )


def _cluster(setting: Setting, part: Part) -> Cluster:
    state = next((state for state in setting.states if part.environment and state.folder == part.name), None)
    served = setting.schemas.clusters[state.folder if state else ""]
    repository = setting.repository
    objects = {number: repository.objects[number] for number in part.members}
    if len(objects) < _LARGE:
        objects = {number: replace(item, content=item.value) for number, item in objects.items()}
    units = tuple(_units(setting, part, objects))
    return Cluster(
        name=part.name,
        world=_world(setting, part, state, units),
        profile=_profile(setting, state),
        kubernetes=served.core.minor,
        pins=served.pins,
        objects=tuple(objects.values()),
        units=units,
        plan=state.tree.plan if state and state.tree else None,
        externals=setting.config.externals,
        node_groups=setting.config.node_groups,
        documents=setting.documents[state.folder if state else ""],
        problems=repository.problems,
        files=repository.files,
    )


def _units(setting: Setting, part: Part, objects: dict[int, KubeObject]) -> Iterator[Unit]:
    for number in part.members:
        if number not in setting.reach.overlays:
            continue
        overlay = setting.reach.overlays[number]
        if overlay is None:
            yield Unit(objects[number], None, (), built=False)
            continue
        applied = setting.reach.built.get(overlay.key)
        found = tuple(objects[other] for other in applied or () if other in objects)
        yield Unit(objects[number], overlay, found, built=applied is not None)


def _world(setting: Setting, part: Part, state: EnvironmentState | None, units: Sequence[Unit]) -> World:
    repository = setting.repository
    if any(source.problems for source in repository.sources):
        return World.PART  # what cannot be read may be what is missing
    whole = "" in setting.asked
    if state is not None:
        covered = whole or any(path == state.folder or state.folder.startswith(f"{path}/") for path in setting.asked)
        complete = covered and not state.unread
    else:
        complete = part.flux and (whole or _starts_itself(units))
    if complete and all(unit.built for unit in units):
        return World.COMPLETE
    return World.FOLDER if complete or (whole and not part.variant) else World.PART


def _starts_itself(units: Sequence[Unit]) -> bool:
    """Whether one of the Kustomizations builds itself, as the one that ``flux bootstrap`` makes does."""
    return any(item is unit.kustomization for unit in units for item in unit.objects)


def _profile(setting: Setting, state: EnvironmentState | None) -> Profile:
    own = state.loaded.environment.policy.profile if state and state.loaded else None
    return Profile(setting.policy or own or setting.config.policy or Profile.STANDARD)
