"""What the tests of the template share: running git and copier, reading and editing the folders that they make."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
import yaml
from plumbum import local

ROOT = Path(__file__).resolve().parents[2]
COPIER = [sys.executable, "-m", "copier"]
ANSWERS = {"git_url": "ssh://git@github.com/acme/fleet", "efs_file_system_id": "fs-0123456789abcdef0"}
ENVIRONMENT_TEMPLATE = "template/clusters/{{ environment }}/environment.yaml.jinja"

GIT_ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def run(
    command: list[str], cwd: Path, *, env: Mapping[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` without a terminal, in an environment without the caller's git configuration."""
    result = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **GIT_ENVIRONMENT, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and result.returncode:
        raise AssertionError(f"{command} exited with {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result


def git(folder: Path, *arguments: str) -> str:
    return run(["git", *arguments], folder).stdout.strip()


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def tree(folder: Path) -> dict[str, bytes]:
    """All files below ``folder`` but git's own."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def intent(folder: Path, environment: str = "dev") -> Any:
    return yaml.safe_load((folder / "clusters" / environment / "environment.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class Recorder:
    """A nimfleet that only writes down how it was called."""

    program: Path
    log: Path

    @property
    def calls(self) -> list[str]:
        return self.log.read_text("utf-8").splitlines() if self.log.exists() else []

    @property
    def env(self) -> dict[str, str]:
        return {"NIMFLEET": str(self.program)}


Copy = Callable[..., None]


def update(folder: Path, answers_file: str, *, ref: str | None = None, env: Mapping[str, str]) -> None:
    """``copier update`` of one answers file, to the newest tag or ``ref``."""
    with local.env(**{**GIT_ENVIRONMENT, **env}):
        copier.run_update(
            folder,
            answers_file=answers_file,
            vcs_ref=ref,
            defaults=True,
            overwrite=True,
            unsafe=True,
            quiet=True,
        )
