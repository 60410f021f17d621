"""Stage drift: the rendered tree equals what environment.yaml asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from nimfleet.engine.environments import EnvironmentState
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.manifest.mark import MARK
from nimfleet.repository.environments import CLUSTERS, ENVIRONMENT_FILE
from nimfleet.repository.files import Files, SourceFile
from nimfleet.repository.model import Place
from nimfleet.rules.subjects import Drift, IntentProblem


def drift(
    runner: Runner,
    files: Files,
    sources: Sequence[SourceFile],
    states: Sequence[EnvironmentState],
    paths: Sequence[str],
) -> Outcome:
    """Compare every environment; of the differences, those below one of ``paths`` are told."""
    orphans = list(_orphans(sources, states))
    for found in orphans:
        runner.judge(found, found.place)
    if not states and not orphans:
        return Outcome(skipped="no environment here")
    compared = 0
    for state in states:
        for problem in state.problems:
            runner.judge(IntentProblem(problem), Place(problem.file, problem.line, problem.column))
        if state.tree is None:
            continue
        compared += len(state.tree.files)
        for found in _compare(files, state):
            if any(not path or found.file == path or found.file.startswith(f"{path}/") for path in paths):
                runner.judge(found, found.place)
    unusable = sum(state.tree is None for state in states)
    detail = f"{compared} generated files of {len(states)} environment{'s' if len(states) != 1 else ''}"
    if unusable:
        detail += f"; {unusable} not compared, as environment.yaml is not valid"
    return Outcome(detail, checked=compared, unchecked=unusable)


def _compare(files: Files, state: EnvironmentState) -> Iterator[Drift]:
    from nimfleet.render.write import compare  # noqa: PLC0415 - brings the renderer

    if state.tree is None:
        return
    changes = compare(files.root / state.folder, state.tree.files)
    for name in changes.changed:
        path = f"{state.folder}/{name}"
        actual, wanted = files.read(path).text or "", state.tree.files[name].text
        if not actual.startswith(MARK):
            yield Drift("foreign", path, state.file, Place(path, 1, 1))
        elif actual.replace("\r\n", "\n") == wanted:
            yield Drift("line-ends", path, state.file, Place(path, 1, 1))
        else:
            yield Drift("edited", path, state.file, Place(path, _first_difference(actual, wanted), 1))
    for name in changes.added:
        path = f"{state.folder}/{name}"
        cause = state.intents[path]
        yield Drift("missing", path, state.file, Place(cause.file, cause.line, cause.column))
    for name in changes.removed:
        path = f"{state.folder}/{name}"
        generated = (files.read(path).text or "").startswith(MARK)
        yield Drift("stale" if generated else "foreign", path, state.file, Place(path, 1, 1))


def _orphans(sources: Sequence[SourceFile], states: Sequence[EnvironmentState]) -> Iterator[Drift]:
    """The root of every generated tree without an environment.yaml beside it."""
    for source in sources:
        folder, _, name = source.path.rpartition("/")
        if name != "kustomization.yaml" or not (source.text or "").startswith(MARK):
            continue
        parent, _, _ = folder.rpartition("/")
        if parent.rpartition("/")[2] == CLUSTERS and not any(state.folder == folder for state in states):
            yield Drift("orphan", source.path, f"{folder}/{ENVIRONMENT_FILE}", Place(source.path, 1, 1))


def _first_difference(actual: str, wanted: str) -> int:
    """Number of the first line that differs, at most that of the file's last line."""
    lines = actual.splitlines()
    pairs = zip_longest(lines, wanted.splitlines())
    number = next((number for number, (old, new) in enumerate(pairs, 1) if old != new), len(lines))
    return max(1, min(number, len(lines)))
