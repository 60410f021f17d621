"""Whole repositories: a copy of clusters/dev, and small folders."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """A repository with the environment dev; returns its root."""
    shutil.copytree(PROJECT / "clusters" / "dev", tmp_path / "clusters" / "dev")
    shutil.copy(PROJECT / ".yamllint.yaml", tmp_path)
    return tmp_path.resolve()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Write files by path; returns the root."""

    def writer(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path.resolve()

    return writer


needs_kustomize = pytest.mark.skipif(
    not (shutil.which("kustomize") or shutil.which("kustomize", path=str(PROJECT / ".bin"))),
    reason="kustomize is not installed",
)
