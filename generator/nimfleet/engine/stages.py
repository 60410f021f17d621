"""The stages of a validation, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from nimfleet.config.model import Config
from nimfleet.engine.admission import admission
from nimfleet.engine.cache import Cache
from nimfleet.engine.clusters import check_policy, judge_clusters
from nimfleet.engine.drift import drift
from nimfleet.engine.environments import EnvironmentState
from nimfleet.engine.hush import Hush
from nimfleet.engine.memo import Memo
from nimfleet.engine.opening import opened
from nimfleet.engine.opinion import second_opinion
from nimfleet.engine.policy import Policy
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.engine.schemas import Schemas
from nimfleet.engine.secrets import secrets
from nimfleet.engine.selection import left_out
from nimfleet.engine.style import style
from nimfleet.manifest.parse import Document
from nimfleet.report.model import Report, Status
from nimfleet.repository.load import Loader
from nimfleet.repository.model import Place, Repository
from nimfleet.rules.registry import all_rules
from nimfleet.rules.subjects import HalfObject, TextProblem
from nimfleet.schema.store import Store


def validate(
    path: str | Path | Sequence[str | Path] = ".",
    base: str | Path | None = None,
    *,
    root: str | Path | None = None,
    strict: bool = False,
    kubernetes_version: str | None = None,
    only: Iterable[str] | None = None,
    skip: Iterable[str] = (),
    cache: bool = False,
    policy: str | None = None,
) -> Report:
    """Validate Kubernetes YAML: a file, a folder of manifests, an environment, or a whole repository.

    ``base`` (a git ref or a folder) is what the cluster holds now: with it, changes are judged too. ``auto``
    is where the checkout left the branch that Flux syncs, if git knows; None is no base.
    ``root`` is the repository, which nothing outside of is read of; by default it is found from the first
    path. ``strict`` makes warnings and stages that could not run count as failures. ``kubernetes_version``
    is for objects outside of environments, which have their own. ``only`` and ``skip`` name stages
    (:data:`nimfleet.engine.selection.STAGES`); without ``build``, files are checked one by one. With
    ``cache``, what earlier runs found out is used, and kept in ``.nimfleet-cache/`` (see
    :mod:`nimfleet.engine.cache`). ``policy`` (minimal, standard, production) counts more than what
    environments and nimfleet.toml say. Reads files only: no cluster, no network.

    Raises:
        UsageError: a path, the root, the base, the version, the policy or a stage cannot be used, or there is
            no YAML file at all.
    """
    given = [path] if isinstance(path, str | Path) else list(path)
    unwanted = left_out(only, skip)
    check_policy(policy)
    start = opened(given, root, kubernetes_version)
    top, config = start.root, start.config
    known = Cache.open(top) if cache else Cache()
    memo = None
    if known and base in (None, "auto"):
        question = [*map(str, start.real), *sorted(unwanted), start.kubernetes or "", str(base), policy or ""]
        memo = Memo(known, top, question, git=base is not None)
        if (report := memo.report(strict)) is not None:
            return report
    loader = start.loader()
    if "build" not in unwanted:
        loader.start()
    relative = start.asked(loader)
    states = start.environments(loader)

    decisions = Policy(config, _texts(loader, states), all_rules().keys())
    intents = {file: place for state in states for file, place in state.intents.items()}
    runner = Runner(decisions, intents, unwanted, Hush(loader.files))
    runner.stage("style", lambda: style(runner, loader.files, loader.sources, states, known))
    runner.stage("parse", lambda: _parse(runner, loader))
    repository = _build(runner, loader)
    schemas = Schemas(Store.open(overlay=top / "schemas"), repository, states, start.kubernetes, known)
    if runner.wants("schema"):
        runner.stage("schema", lambda: schemas.run(runner))
    else:
        # Others build on what it finds out: what the clusters serve, and which objects are good.
        (schemas.run if runner.wants("second-opinion") else schemas.prepare)(Runner())
        runner.stage("schema", Outcome)
    runner.stage("admission", lambda: admission(runner, schemas))
    runner.stage("secrets", lambda: secrets(runner, loader, start.real))
    runner.stage("cluster", lambda: _clusters(runner, repository, states, schemas, config, relative, policy))
    runner.stage("drift", lambda: drift(runner, loader.files, loader.sources, states, relative))
    runner.stage("second-opinion", lambda: second_opinion(runner, schemas))
    runner.stage("transition", lambda: _transition(runner, loader, repository, schemas, relative, base))
    read = {source.path for source in loader.sources}
    whole, built = "" in relative, runner.wants("build")
    for fault in list(decisions.faults(runner.stages, runner.findings, read, whole=whole, built=built)):
        runner.judge(fault, fault.place)
    report = Report(runner.sorted(), tuple(runner.stages), top, strict, tuple(sorted(runner.suppressed)))
    if memo is not None:
        memo.keep(report, by_index=runner.by_index)
    known.save()
    return report


def _texts(loader: Loader, states: Sequence[EnvironmentState]) -> Iterator[tuple[str, str]]:
    """The files whose comments may suppress something: those asked for, and what they are rendered from."""
    for path in sorted({source.path for source in loader.sources} | {state.file for state in states}):
        text = loader.files.read(path).text
        if text is not None:
            yield path, text


def _missing_half(document: Document) -> str | None:
    """``apiVersion`` or ``kind``, where a document has metadata with a name, and only the other of the two."""
    value = document.value
    if document.id is not None or not isinstance(value, dict) or not isinstance(value.get("metadata"), dict):
        return None
    missing = [key for key in ("apiVersion", "kind") if not value.get(key)]
    return missing[0] if len(missing) == 1 and "name" in value["metadata"] else None


def _parse(runner: Runner, loader: Loader) -> Outcome:
    documents = 0
    broken = 0
    for source in loader.sources:
        documents += len(source.documents)
        broken += source.text is None
        for problem in source.problems:
            runner.judge(TextProblem(problem), Place(problem.file, problem.line, problem.column))
        for document in source.documents:
            missing = _missing_half(document)
            if missing is not None:
                runner.judge(HalfObject(document, missing), Place(document.file, document.line, 1))
    files = len(loader.sources)
    detail = f"{documents} document{'s' if documents != 1 else ''} in {files} file{'s' if files != 1 else ''}"
    notes = [f"{count} {what}" for what, count in sorted(loader.others.items())]
    if loader.files.helm_templates:
        notes.append(f"{loader.files.helm_templates} Helm templates left out")
    if loader.files.excluded:
        notes.append(f"{loader.files.excluded} excluded by nimfleet.toml")
    if notes:
        detail += f" ({', '.join(notes)})"
    return Outcome(
        detail, checked=files - broken, unchecked=broken + loader.files.helm_templates + loader.files.excluded
    )


def _build(runner: Runner, loader: Loader) -> Repository:
    """Stage build. Its product is needed by the others, so that it is made outside of the stage's guard."""
    repository = loader.finish()

    def work() -> Outcome:
        for problem in repository.problems:
            runner.judge(problem, Place(problem.file, problem.line, problem.column))
        overlays = len(repository.overlays)
        wanted = sum(1 for source in loader.sources if source.name.lower().startswith("kustomization"))
        if loader.kustomize is None and wanted:
            return Outcome(
                not_run="kustomize is not on PATH and not in .bin (`make setup` installs it); files are checked one by one",
                unchecked=wanted,
            )
        if not overlays:
            return Outcome(skipped="no kustomization and no Flux Kustomization here")
        detail = f"{overlays} overlay{'s' if overlays != 1 else ''}, {len(repository.objects)} objects"
        return Outcome(detail, checked=overlays)

    runner.stage("build", work)
    return repository


def _clusters(
    runner: Runner,
    repository: Repository,
    states: Sequence[EnvironmentState],
    schemas: Schemas,
    config: Config,
    relative: Sequence[str],
    policy: str | None,
) -> Outcome:
    if not runner.wants("build"):
        return Outcome(skipped="what a cluster holds is known only of what is built, and stage build was not asked for")
    if any(stage.name == "build" and stage.status is Status.NOT_RUN for stage in runner.stages):
        return Outcome(not_run="what a cluster holds is known only of what is built", unchecked=len(repository.objects))
    return judge_clusters(runner, repository, states, schemas, config, relative, policy)


def _transition(
    runner: Runner,
    loader: Loader,
    repository: Repository,
    schemas: Schemas,
    relative: Sequence[str],
    base: str | Path | None,
) -> Outcome:
    if base is None:
        return Outcome(skipped="no base to compare with (--base)")
    if not runner.wants("build"):
        return Outcome(skipped="what changes is known only of what is built, and stage build was not asked for")
    from nimfleet.engine.base import transition  # noqa: PLC0415 - few runs have a base

    return transition(runner, loader, repository, schemas, relative, base)
