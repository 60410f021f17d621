"""Reports of earlier runs: the same when nothing has changed, and never when anything has."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet import validate
from nimfleet.engine import Report, Status, memo, opening
from nimfleet.engine.memo import git_state, state

Write = Callable[[Mapping[str, str]], Path]
BAD = "apiVersion: v1\nkind: Namespace\nmetadata:\n    name: nim\nextra:   1\n"


@pytest.fixture
def root(write: Write) -> Path:
    ignored = "x:   1  # nimfleet: ignore yaml/style -- in a table\n"
    return write({"bad.yaml": BAD, "sub/x.yaml": ignored, ".hidden/a.yaml": "a: 1\n", "notes.txt": "n"})


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """One entry a run that did its work."""
    found: list[Path] = []
    original = opening.Loader

    def loader(top: Path, *rest: object) -> object:
        found.append(top)
        return original(top, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(opening, "Loader", loader)
    return found


def run(root: Path, base: str | None = None, *, strict: bool = False, **options: object) -> Report:
    options.setdefault("skip", ["second-opinion"])
    return validate(root, base, root=root, cache=True, strict=strict, **options)  # type: ignore[arg-type]


def test_an_unchanged_repository_is_not_loaded_again(root: Path, loads: list[Path]) -> None:
    first, second = run(root), run(root, strict=True)
    assert len(loads) == 1
    assert (second.findings, second.stages, second.suppressed) == (first.findings, first.stages, first.suppressed)
    assert first.findings and first.suppressed
    assert (first.strict, second.strict) == (False, True)
    assert [finding.intent for finding in second.findings] == [finding.intent for finding in first.findings]


CHANGES: dict[str, Callable[[Path], object]] = {
    "a manifest": lambda root: (root / "bad.yaml").write_text(BAD.replace("extra", "other")),
    "a new file": lambda root: (root / "new.yaml").write_text("a: 1\n"),
    "a file less": lambda root: (root / "sub" / "x.yaml").unlink(),
    "another name": lambda root: (root / "notes.txt").rename(root / "other.txt"),
    "something that is no YAML": lambda root: (root / "notes.txt").write_text("m"),
    "a hidden file": lambda root: (root / ".hidden" / "a.yaml").write_text("b: 1\n"),
    "a link": lambda root: (root / "link.yaml").symlink_to("bad.yaml"),
    "the configuration": lambda root: (root / "nimfleet.toml").write_text('exclude = ["sub/**"]\n'),
    "the mode": lambda root: (root / "bad.yaml").chmod(0o600),
    "the style": lambda root: (root / ".yamllint").write_text("extends: relaxed\n"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_any_change_counts(root: Path, loads: list[Path], name: str) -> None:
    run(root)
    CHANGES[name](root)
    assert run(root).findings == validate(root, root=root, skip=["second-opinion"]).findings
    assert len(loads) == 3


def test_another_question_counts(root: Path, loads: list[Path]) -> None:
    run(root)
    run(root, only=["parse"])
    run(root, kubernetes_version="1.33")
    validate(root / "sub", root=root, cache=True, skip=["second-opinion"])
    assert len(loads) == 4


def test_a_report_of_what_could_not_be_done_is_not_kept(
    root: Path, loads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = root.parent / f"{root.name}-tools" / "kubeconform"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nexit 7\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent))
    (root / "good.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim\n")
    for _ in range(2):
        report = run(root, only=["schema", "second-opinion"], skip=[])
        assert report.stages[-2].status is Status.NOT_RUN
    assert len(loads) == 2


def test_a_tool_that_is_missing_is_part_of_the_state(
    root: Path, loads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for _ in range(2):
        assert run(root, skip=[]).stages[-2].status is Status.NOT_RUN
    assert len(loads) == 1
    tool = root / ".bin" / "kubeconform"
    tool.parent.mkdir()
    tool.write_text("")
    tool.chmod(0o755)
    run(root, skip=[])
    assert len(loads) == 2


def test_where_there_is_too_much_to_look_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state(root) is not None
    monkeypatch.setattr(memo, "MAX_CONTENT", 10)
    assert state(root) is None
    monkeypatch.undo()
    monkeypatch.setattr(memo, "MAX_FILES", 3)
    assert state(root) is None


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
    subprocess.run(["git", "-C", str(root), *identity, *words], check=True, capture_output=True)


def test_what_git_knows_counts_for_the_base(root: Path, loads: list[Path]) -> None:
    assert git_state(root) == "no git"
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    seen = {git_state(root)}
    git(root, "commit", "--quiet", "--message=x")
    seen.add(git_state(root))
    git(root, "branch", "other")
    seen.add(git_state(root))
    assert len(seen) == 3
    run(root, "auto")
    run(root, "auto")
    assert len(loads) == 1
    git(root, "branch", "third")
    run(root, "auto")
    assert len(loads) == 2


def test_settings_of_git_in_the_environment_are_too_much(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert git_state(root) is None
