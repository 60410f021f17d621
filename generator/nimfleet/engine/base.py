"""Stage transition: the repository compared with what the cluster holds, a git ref or a folder."""

from __future__ import annotations

import filecmp
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nimfleet.engine.base_git import changed, default_base, extract, resolve
from nimfleet.engine.base_load import BaseLoader
from nimfleet.engine.base_pairs import Side, lying, pair, successors
from nimfleet.engine.environments import environment_of
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.engine.schemas import Schemas, decrypted_shape, nowhere
from nimfleet.report.finding import Location
from nimfleet.repository.environments import CLUSTERS, ENVIRONMENT_FILE
from nimfleet.repository.load import Loader
from nimfleet.repository.model import KubeObject, Place, Repository
from nimfleet.rules.transition.change import Applied, Cluster, Fate, Removal, Update, at
from nimfleet.schema.check import check, normalise

AUTO = "auto"
"""As a base: where this checkout left the branch that Flux syncs."""

_DEPTH = 8


@dataclass(frozen=True, slots=True)
class _Base:
    folder: Path
    name: str
    unchanged: Callable[[str], bool]


def transition(
    runner: Runner,
    loader: Loader,
    repository: Repository,
    schemas: Schemas,
    paths: Sequence[str],
    base: str | Path,
) -> Outcome:
    """Judge what becomes of every object of the base.

    Raises:
        UsageError: a base was asked for, and cannot be had.
    """
    with _opened(repository, schemas, base) as opened:
        if isinstance(opened, Outcome):
            return opened
        existing = [opened.folder / path for path in paths if (opened.folder / path).exists()]
        if not existing:
            return Outcome(f"nothing of this is in {opened.name}")
        before = BaseLoader(opened.folder, existing, loader, opened.unchanged)
        before.start()
        comparison = _Comparison(before.finish(), repository, schemas, opened.name)
        _cause(runner, schemas)
        compared = comparison.judge(runner)
    unbuilt = sum(problem.code == "failed" for problem in comparison.before.repository.problems)
    detail = f"{compared} object{'s' if compared != 1 else ''} of {opened.name} compared"
    if unbuilt:
        detail += f"; {unbuilt} of its overlays cannot be built, so what they held is not known"
    if comparison.passed_over:
        detail += f"; {comparison.passed_over} not judged, as the overlays that held them do not build now"
    return Outcome(detail, checked=compared, unchecked=unbuilt + comparison.passed_over)


@contextmanager
def _opened(repository: Repository, schemas: Schemas, base: str | Path) -> Iterator[_Base | Outcome]:
    """The base as a folder, or what the stage says when there is none or nothing to compare."""
    root = repository.root
    folder = Path(base)
    if str(base) and str(base) != AUTO and folder.is_dir():
        real = folder.resolve()
        yield _Base(real, str(base), lambda path: _same(real / path, root / path))
        return
    if str(base) == AUTO:
        chosen = default_base(root, _branches(repository, schemas))
        if isinstance(chosen, str):
            yield Outcome(skipped=chosen)
            return
        commit = chosen
    else:
        commit = resolve(root, str(base))
    differ = changed(root, commit)
    if not differ:
        yield Outcome(f"nothing differs from {commit.name}")
        return
    with tempfile.TemporaryDirectory(prefix="nimfleet-") as temporary:
        target = Path(temporary).resolve()
        extract(root, commit, target)
        yield _Base(target, commit.name, lambda path: path not in differ)


def _same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _branches(repository: Repository, schemas: Schemas) -> Iterator[str]:
    """The branches that Flux syncs: those of the environments, else of the source that ``flux bootstrap``
    makes."""
    loaded = [state.loaded for state in schemas.states if state.loaded is not None]
    if loaded:
        yield from (item.environment.git.branch for item in loaded)
        return
    for item in repository.objects:
        if item.id.kind == "GitRepository" and item.id.name == "flux-system":
            branch = at(item.value, "spec", "ref", "branch")
            if isinstance(branch, str):
                yield branch


def _cause(runner: Runner, schemas: Schemas) -> None:
    """A generated file that is gone was caused by what environment.yaml no longer says: its first line that
    lists models stands for it."""
    intents: dict[str, Location] = dict(runner.intents)
    runner.intents = _Causes(intents, schemas)


class _Causes(dict[str, Location]):
    """Places in environment.yaml of generated files, also of those that are gone."""

    def __init__(self, known: Mapping[str, Location], schemas: Schemas) -> None:
        super().__init__(known)
        self._states = schemas.states
        self._root = schemas.repository.root

    def get(self, file: str, default: Any = None) -> Any:
        """The place that caused ``file``."""
        found = super().get(file)
        if found is not None:
            return found
        for state in self._states:
            inside = file.startswith(f"{state.folder}/") and not file.startswith(f"{state.folder}/custom/")
            if inside and state.loaded is not None and file != state.file and not (self._root / file).exists():
                key = "models" if file.startswith(f"{state.folder}/models/") else "cluster"
                position = state.loaded.position((key,))
                return Location(state.file, position.line, position.column)
        return default


class _Comparison:
    """Both sides, cluster by cluster."""

    def __init__(self, before: Repository, after: Repository, schemas: Schemas, name: str) -> None:
        environments = sorted({*(state.folder for state in schemas.states), *_environments(before)})
        self.before = Side(before, environments)
        self.after = Side(after, environments)
        self.schemas = schemas
        self.name = name
        self.passed_over = 0

    def judge(self, runner: Runner) -> int:
        """Judge all pairs, then the clusters; returns how many objects were compared."""
        pairs = list(pair(self.before, self.after))
        matched = {id(new) for _, new in pairs if new is not None}
        idle = lying(self.before, self.after)
        added = [item for item in self.after.applied if id(item) not in matched and id(item) not in idle]
        clusters = self._clusters(pairs, idle)
        gone = [old for old, new in pairs if new is None]
        follows = successors(self.before, self.after, gone, added)
        for old, new in pairs:
            cluster = clusters[self.before.cluster_of(old.object)]
            if new is None:
                self._removed(runner, old, cluster, follows.get(id(old)))
            elif new.value is not old.value and new.value != old.value and not _left_alone(old, new):
                runner.judge(self._update(old, new, cluster), nowhere(new.object))
        for folder in sorted(clusters):
            runner.judge(clusters[folder], Place(folder or ".", 1, 1))
        return len(pairs)

    def _clusters(self, pairs: Sequence[tuple[Applied, Applied | None]], idle: frozenset[int]) -> dict[str, Cluster]:
        before, after = _by_kind(self.before), _by_kind(self.after, idle)
        kept: dict[str, list[tuple[Applied, Applied]]] = defaultdict(list)
        for old, new in pairs:
            if new is not None:
                kept[self.before.cluster_of(old.object)].append((old, new))
        return {
            folder: Cluster(
                base=self.name,
                folder=folder,
                before=before[folder],
                after=after[folder],
                kept=kept[folder],
                names_before=_names(before[folder]),
                names_after=_names(after[folder]),
                removed=bool(folder) and not _has_files(self.after.repository.root / folder),
                fate=lambda item: self._fate(item, 0),
                place_of=self._place_of,
            )
            for folder in sorted({*before, *after})
        }

    def _update(self, old: Applied, new: Applied, cluster: Cluster) -> Update:
        values = [decrypted_shape(item.value) for item in (old, new)]
        state = environment_of(self.schemas.states, new.object.folder)
        served = self.schemas.clusters.get(state.folder if state else "")
        schema = self.schemas.find(new.id, served) if served is not None else None
        if schema is None or not schema.served:
            return Update(old, new, cluster, values[0], values[1])
        broken: list[Any] = []
        if schema.cel_rules and old.id.version == new.id.version:
            alone = {(found.pointer, found.message) for found in check(values[1], schema)}
            broken = [
                found
                for found in check(values[1], schema, old=values[0])
                if (found.pointer, found.message) not in alone
            ]
        filled = [normalise(value, schema) if isinstance(value, dict) else value for value in values]
        return Update(old, new, cluster, filled[0], filled[1], tuple(broken))

    def _removed(self, runner: Runner, old: Applied, cluster: Cluster, successor: Applied | None) -> None:
        if cluster.removed:
            return  # said once, of the whole cluster
        if self._unknown(old):
            self.passed_over += 1
            return
        fate, why = self._fate(old, 0)
        runner.judge(Removal(old, cluster, fate, why, successor), nowhere(old.object))

    def _unknown(self, old: Applied) -> bool:
        """Whether what held the object does not build now: Flux then keeps what it has."""
        if old.object.overlay is None:
            return False
        return self.after.unbuilt(old.object.overlay.folder)

    def _fate(self, old: Applied, depth: int) -> tuple[Fate, str]:
        if old.marked("prune", "disabled") or old.marked("reconcile", "disabled"):
            return Fate.LEFT, "it is annotated so that Flux does not prune it"
        applier = old.applier
        if applier is None or depth > _DEPTH:
            return Fate.UNKNOWN, ""
        name = applier.id.name
        now = self._now(applier)
        if now is not None:
            if at(now.value, "spec", "suspend") is True:
                return Fate.LEFT, f"Kustomization {name} is suspended, so Flux does nothing until it is resumed"
            if at(now.value, "spec", "prune") is not True:
                return Fate.LEFT, f"Kustomization {name} does not prune"
            return Fate.DELETED, f"Flux (Kustomization {name}) deletes it"
        own = self.before.of(applier)
        fate = self._fate(own, depth + 1)[0] if own is not None and own.applier is not applier else Fate.UNKNOWN
        if fate is Fate.LEFT:
            return Fate.LEFT, f"Kustomization {name} is no longer here, but nothing deletes it"
        policy = at(applier.value, "spec", "deletionPolicy") or "MirrorPrune"
        if at(applier.value, "spec", "suspend") is True:
            return Fate.LEFT, f"Kustomization {name} was suspended, and so deletes nothing when it goes"
        if policy == "Orphan" or (policy == "MirrorPrune" and at(applier.value, "spec", "prune") is not True):
            return Fate.LEFT, f"Kustomization {name} goes, and leaves behind what it applied"
        if fate is Fate.UNKNOWN:
            return Fate.UNKNOWN, ""
        return Fate.DELETED, f"Kustomization {name} goes, and Flux deletes with it what it applied"

    def _now(self, applier: KubeObject) -> Applied | None:
        cluster = self.before.cluster_of(applier)
        return next(
            (item for item in self.after.named(applier.id) if self.after.cluster_of(item.object) == cluster), None
        )

    def _place_of(self, old: Applied) -> Place:
        place = old.object.place(())
        if (self.after.repository.root / place.file).is_file():
            # The file has changed since: the line would be another's.
            return Place(place.file, 1, 1)
        return place


def _left_alone(old: Applied, new: Applied) -> bool:
    return old.left_alone or new.left_alone


def _by_kind(side: Side, without: frozenset[int] = frozenset()) -> dict[str, dict[tuple[str, str], list[Applied]]]:
    found: dict[str, dict[tuple[str, str], list[Applied]]] = defaultdict(lambda: defaultdict(list))
    for item in side.applied:
        if id(item) in without:
            continue
        found[side.cluster_of(item.object)][item.id.group, item.id.kind].append(item)
    plain: dict[str, dict[tuple[str, str], list[Applied]]] = defaultdict(dict)
    for folder, kinds in found.items():
        plain[folder] = dict(kinds)
    return plain


def _names(kinds: Mapping[tuple[str, str], Sequence[Applied]]) -> dict[tuple[str, str, str, str], Applied]:
    found: dict[tuple[str, str, str, str], Applied] = {}
    for items in kinds.values():
        for item in items:
            found.setdefault(item.id.unversioned, item)
    return found


def _has_files(folder: Path) -> bool:
    """Git knows no empty folders, and leaves some behind."""
    return any(names for _, _, names in os.walk(folder))


def _environments(repository: Repository) -> Iterable[str]:
    for folder in sorted((repository.root / CLUSTERS).glob("*")):
        if (folder / ENVIRONMENT_FILE).is_file():
            yield f"{CLUSTERS}/{folder.name}"
