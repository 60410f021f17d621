"""Stage drift: the rendered tree equals what environment.yaml asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from nimfleet.engine.environments import EnvironmentState
from nimfleet.engine.runner import Outcome, Runner
from nimfleet.repository.files import Files
from nimfleet.repository.model import Place
from nimfleet.rules.subjects import Drift, IntentProblem


def drift(runner: Runner, files: Files, states: Sequence[EnvironmentState], paths: Sequence[str]) -> Outcome:
    """Compare every environment; of the differences, those below one of ``paths`` are told."""
    if not states:
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
        line = _first_difference(files.read(path).text or "", state.tree.files[name].text)
        yield Drift("edited", path, state.file, Place(path, line, 1))
    for name in changes.added:
        path = f"{state.folder}/{name}"
        cause = state.intents[path]
        yield Drift("missing", path, state.file, Place(cause.file, cause.line, cause.column))
    for name in changes.removed:
        path = f"{state.folder}/{name}"
        yield Drift("stale", path, state.file, Place(path, 1, 1))


def _first_difference(actual: str, wanted: str) -> int:
    """Number of the first line that differs, at most that of the file's last line."""
    lines = actual.splitlines()
    pairs = zip_longest(lines, wanted.splitlines())
    number = next((number for number, (old, new) in enumerate(pairs, 1) if old != new), len(lines))
    return max(1, min(number, len(lines)))
