"""Small repositories on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet.repository.load import Loader
from nimfleet.repository.model import Repository

BIN = Path(__file__).resolve().parent.parent.parent / ".bin"


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(BIN), prepend=":")


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


@pytest.fixture
def load(write: Callable[[Mapping[str, str]], Path]) -> Callable[[Mapping[str, str]], Repository]:
    """Write files and load them as a repository; needs kustomize."""
    if not shutil.which("kustomize", path=str(BIN)) and not shutil.which("kustomize"):
        pytest.skip("kustomize is not installed")

    def loader(files: Mapping[str, str]) -> Repository:
        root = write(files)
        found = Loader(root, [root])
        found.start()
        return found.finish()

    return loader
