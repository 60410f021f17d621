"""`copier update` and `make upgrade`, with environments at different template versions."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from template_support import Recorder, commit, git, intent, replace, run, tree, update

from nimfleet.errors import IntentError
from nimfleet.intent.load import load_environment

DEV = "clusters/dev/.copier-answers.yml"
SHARED = ".copier-answers.repo.yml"
NEW_COMMENT = "# Who reaches the models:"


def version(folder: Path, answers_file: str) -> Any:
    return yaml.safe_load((folder / answers_file).read_text("utf-8"))["_commit"]


def changed(folder: Path) -> set[str]:
    return {line[3:] for line in git(folder, "status", "--porcelain", "--untracked-files=all").splitlines()}


def add_model(folder: Path) -> None:
    path = folder / "clusters/dev/environment.yaml"
    model = "  embed:\n    model: nvidia/llama-nemotron-embed-1b-v2\n    pool: g6\n"
    path.write_text(path.read_text("utf-8") + model, encoding="utf-8")
    replace(path, "  g5:\n", "  g6: {}\n  g5:\n")


def test_one_environment_updates_alone_and_keeps_its_edits(fleet: Path, nimfleet: Recorder) -> None:
    add_model(fleet)
    (fleet / "clusters/dev/custom/README.md").write_text("Ours\n", encoding="utf-8")
    commit(fleet, "Run an embedding model")
    before = tree(fleet)

    update(fleet, DEV, env=nimfleet.env)

    after = tree(fleet)
    assert {name for name in after if after[name] != before.get(name)} == {DEV, "clusters/dev/environment.yaml"}
    assert set(after) == set(before)
    text = (fleet / "clusters/dev/environment.yaml").read_text("utf-8")
    assert NEW_COMMENT in text
    assert "<<<<" not in text
    assert set(intent(fleet)["models"]) == {"llama-3-1-8b-instruct", "embed"}
    assert load_environment(fleet / "clusters/dev/environment.yaml").environment.name == "dev"
    assert version(fleet, DEV) == "v0.2.0"
    assert nimfleet.calls == ["render dev"]


def test_the_shared_files_update_alone_and_keep_their_edits(fleet: Path, nimfleet: Recorder) -> None:
    replace(fleet / "Makefile", "PYTHON ?= python3", "PYTHON ?= python3.13")
    (fleet / "local.mk").write_text("deploy:\n\techo ours\n", encoding="utf-8")
    commit(fleet, "Use another Python")
    before = tree(fleet)

    update(fleet, SHARED, env=nimfleet.env)

    after = tree(fleet)
    assert {name for name in after if after[name] != before.get(name)} == {
        SHARED,
        ".pre-commit-config.yaml",
        "Makefile",
        "README.md",
        "requirements.txt",
    }
    assert set(after) == set(before)
    makefile = (fleet / "Makefile").read_text("utf-8")
    assert "PYTHON ?= python3.13" in makefile
    assert "KUBECONFORM_VERSION ?= v0.9.0" in makefile
    assert yaml.safe_load((fleet / SHARED).read_text("utf-8"))["answers_for"] == "repo"
    assert nimfleet.calls == ["render"]


def test_updates_merge_whatever_version_the_others_have(fleet: Path, nimfleet: Recorder) -> None:
    add_model(fleet)
    commit(fleet, "Run an embedding model")
    for answers_file in (DEV, SHARED, "clusters/staging/.copier-answers.yml"):
        update(fleet, answers_file, env=nimfleet.env)
        assert git(fleet, "ls-files", "-u") == ""
        commit(fleet, f"Update {answers_file}")
    assert {version(fleet, name) for name in (DEV, SHARED, "clusters/staging/.copier-answers.yml")} == {"v0.2.0"}
    assert NEW_COMMENT in (fleet / "clusters/staging/environment.yaml").read_text("utf-8")
    assert "KUBECONFORM_VERSION ?= v0.9.0" in (fleet / "Makefile").read_text("utf-8")


def test_a_conflict_is_reported_and_nothing_is_rendered(
    fleet: Path, nimfleet: Recorder, capfd: pytest.CaptureFixture[str]
) -> None:
    path = fleet / "clusters/dev/environment.yaml"
    replace(path, "# How clients reach the models:", "# How our clients reach the models:")
    commit(fleet, "Reword")

    update(fleet, DEV, env=nimfleet.env)

    errors = capfd.readouterr().err
    assert "nimfleet: CONFLICTS: both you and the template changed the same lines" in errors
    assert "nimfleet:   clusters/dev/environment.yaml\n" in errors
    assert "make render ENV=dev" in errors
    assert nimfleet.calls == []
    with pytest.raises(IntentError):
        load_environment(path)


@pytest.fixture
def make(fleet: Path, nimfleet: Recorder) -> Any:
    """``make(verb, ...)`` in the fleet, with this Python's copier and the recorder; it never installs a tool."""
    folder = nimfleet.program.parent
    for name, program in (
        ("copier", f'exec "{sys.executable}" -m copier "$@"'),
        ("kustomize", ":"),
        ("kubeconform", ":"),
    ):
        (folder / name).write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    env = {**nimfleet.env, "PATH": f"{folder}:{os.environ['PATH']}", "MAKEFLAGS": ""}

    def run_make(*arguments: str) -> Any:
        return run(["make", "--no-print-directory", *arguments], fleet, env=env, check=False)

    return run_make


def test_make_upgrade_updates_all_and_stages_one_change(fleet: Path, nimfleet: Recorder, make: Any) -> None:
    update(fleet, DEV, env={"NIMFLEET": "true"})
    commit(fleet, "dev is ahead")
    head = git(fleet, "rev-parse", "HEAD")

    result = make("upgrade")

    assert result.returncode == 0, result.stderr
    assert git(fleet, "rev-parse", "HEAD") == head
    assert set(git(fleet, "diff", "--cached", "--name-only").splitlines()) == {
        SHARED,
        ".pre-commit-config.yaml",
        "Makefile",
        "README.md",
        "requirements.txt",
        "clusters/staging/.copier-answers.yml",
        "clusters/staging/environment.yaml",
    }
    assert git(fleet, "diff", "--name-only") == ""
    assert nimfleet.calls == ["render"]


def test_make_upgrade_of_one_environment_leaves_the_others(fleet: Path, nimfleet: Recorder, make: Any) -> None:
    result = make("upgrade", "ENV=staging")
    assert result.returncode == 0, result.stderr
    assert version(fleet, "clusters/staging/.copier-answers.yml") == version(fleet, SHARED) == "v0.2.0"
    assert version(fleet, DEV) == "v0.1.0"
    # The pinned nimfleet is the same for all, so all are rendered.
    assert nimfleet.calls == ["render"]


def test_make_upgrade_stops_at_a_conflict(fleet: Path, nimfleet: Recorder, make: Any) -> None:
    replace(fleet / "Makefile", "KUBECONFORM_VERSION ?= v0.8.0", "KUBECONFORM_VERSION ?= v0.7.0")
    commit(fleet, "Use another kubeconform")
    head = git(fleet, "rev-parse", "HEAD")

    result = make("upgrade")

    assert result.returncode != 0
    assert "Conflicts in:\n  Makefile\nupgrade: edit these files, git add and commit them" in result.stderr
    assert git(fleet, "rev-parse", "HEAD") == head
    assert git(fleet, "diff", "--name-only", "--diff-filter=U") == "Makefile"
    assert nimfleet.calls == []

    makefile = (fleet / "Makefile").read_text("utf-8").splitlines(keepends=True)
    (fleet / "Makefile").write_text(
        "".join(
            line for line in makefile if not line.startswith(("<<<<<<<", "=======", ">>>>>>>")) and "v0.7.0" not in line
        ),
        encoding="utf-8",
    )
    commit(fleet, "Resolve")
    assert make("upgrade", "ENV=dev").returncode == 0
    assert version(fleet, DEV) == "v0.2.0"


def test_make_upgrade_to_the_same_release_does_nothing(fleet: Path, nimfleet: Recorder, make: Any) -> None:
    assert "everything is up to date" in make("upgrade", "ENV=dev", "REF=v0.1.0").stdout
    assert changed(fleet) == set()
    assert nimfleet.calls == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "there are uncommitted changes"), (("ENV=qa",), "there is no clusters/qa/.copier-answers.yml")],
)
def test_make_upgrade_refuses_in_words(fleet: Path, make: Any, arguments: tuple[str, ...], words: str) -> None:
    if not arguments:
        (fleet / "new.txt").write_text("new\n", encoding="utf-8")
    result = make("upgrade", *arguments)
    assert result.returncode != 0
    assert words in result.stderr


def test_make_new_environment_uses_the_version_of_the_shared_files(
    fleet: Path, tmp_path: Path, nimfleet: Recorder, make: Any
) -> None:
    data = tmp_path / "answers.yml"
    data.write_text("environment: prod\nefs_file_system_id: fs-0123456789abcdef1\n", encoding="utf-8")
    result = make("new-environment", f"DATA={data}")
    assert result.returncode == 0, result.stderr
    assert version(fleet, "clusters/prod/.copier-answers.yml") == "v0.1.0"
    assert changed(fleet) == {
        "clusters/prod/.copier-answers.yml",
        "clusters/prod/custom/README.md",
        "clusters/prod/environment.yaml",
    }
    assert nimfleet.calls == ["render prod"]


def test_make_new_environment_reports_a_wrong_answer_in_words(fleet: Path, tmp_path: Path, make: Any) -> None:
    data = tmp_path / "answers.yml"
    data.write_text("efs_file_system_id: mine\n", encoding="utf-8")
    result = make("new-environment", f"DATA={data}")
    assert result.returncode != 0
    assert "new-environment: Validation error for question 'efs_file_system_id': an EFS" in result.stderr
    assert "Traceback" not in result.stderr
    assert changed(fleet) == set()


def test_make_passes_verbs_on(fleet: Path, nimfleet: Recorder, make: Any) -> None:
    (fleet / "local.mk").write_text(
        "KUBECONFORM_VERSION := v9\nours:\n\t@echo $(KUBECONFORM_VERSION)\n", encoding="utf-8"
    )
    assert make("render", "ENV=dev").returncode == 0
    assert make("validate").returncode == 0
    assert nimfleet.calls == ["render dev", "validate --strict ."]
    assert make("ours").stdout == "v9\n"
    assert "new-environment" in make().stdout
