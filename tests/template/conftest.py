"""A template project in a git repository of its own, with the tags v0.1.0 and v0.2.0, and copies made from it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import copier
import pytest
from plumbum import local
from template_support import ANSWERS, ENVIRONMENT_TEMPLATE, GIT_ENVIRONMENT, ROOT, Copy, Recorder, commit, git, replace


@pytest.fixture
def nimfleet(tmp_path: Path) -> Recorder:
    recorder = Recorder(tmp_path / "recorder" / "nimfleet", tmp_path / "recorder" / "calls")
    recorder.program.parent.mkdir()
    recorder.program.write_text(f'#!/bin/sh\necho "$@" >> "{recorder.log}"\n', encoding="utf-8")
    recorder.program.chmod(0o755)
    return recorder


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What copier needs of the project. v0.2.0 changes a line of the Makefile, of environment.yaml and of the README."""
    folder = tmp_path_factory.mktemp("project") / "nimfleet"
    folder.mkdir()
    shutil.copy(ROOT / "copier.yml", folder)
    for name in ("copier", "template", "schemas/nimfleet"):
        shutil.copytree(ROOT / name, folder / name)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "One")
    git(folder, "tag", "v0.1.0")
    replace(folder / "template/Makefile", "KUBECONFORM_VERSION ?= v0.8.0", "KUBECONFORM_VERSION ?= v0.9.0")
    replace(folder / ENVIRONMENT_TEMPLATE, "# How clients reach the models:", "# Who reaches the models:")
    replace(folder / "template/README.md.jinja", "## The first chat completion", "## The first completion")
    commit(folder, "Two")
    git(folder, "tag", "v0.2.0")
    return folder


@pytest.fixture(scope="session")
def copy(project: Path) -> Copy:
    """``copy(destination, ref=..., env=..., **answers)`` runs ``copier copy`` headless, rendering with `true`."""

    def run_copy(
        destination: Path, *, ref: str = "v0.1.0", env: Mapping[str, str] | None = None, **answers: Any
    ) -> None:
        with local.env(**{**GIT_ENVIRONMENT, "NIMFLEET": "true", **(env or {})}):
            copier.run_copy(
                str(project),
                destination,
                {**ANSWERS, **answers},
                vcs_ref=ref,
                defaults=True,
                unsafe=True,
                quiet=True,
            )

    return run_copy


@pytest.fixture(scope="session")
def first_copy(copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with the default answers, as copier left it; not to be changed."""
    folder = tmp_path_factory.mktemp("first") / "fleet"
    copy(folder)
    return folder


@pytest.fixture(scope="session")
def committed_fleet(copy: Copy, first_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dev and staging at v0.1.0, committed; not to be changed."""
    folder = tmp_path_factory.mktemp("committed") / "fleet"
    shutil.copytree(first_copy, folder)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "Add dev")
    copy(folder, environment="staging")
    commit(folder, "Add staging")
    return folder


@pytest.fixture
def fleet(committed_fleet: Path, tmp_path: Path) -> Path:
    """dev and staging at v0.1.0, committed; a test may change it."""
    folder = tmp_path / "fleet"
    shutil.copytree(committed_fleet, folder)
    return folder
