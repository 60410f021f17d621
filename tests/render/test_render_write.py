"""Writing: the tree on disk is always whole, and nothing that was not generated is lost."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nimfleet.errors import UsageError
from nimfleet.intent.load import LoadedEnvironment
from nimfleet.render import write as writing
from nimfleet.render.tree import Custom, RenderedFile, render
from nimfleet.render.write import compare, write

Load = Callable[[dict[str, Any]], LoadedEnvironment]
Files = dict[str, RenderedFile]


@pytest.fixture
def versions(small: dict[str, Any], load: Load) -> tuple[Files, Files]:
    """Two trees of the same environment: with two models, and with one of them under another name."""
    first = dict(render(load(small), Custom()).files)
    small["models"]["renamed"] = small["models"].pop("llama")
    return first, dict(render(load(small), Custom()).files)


def on_disk(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def texts(files: Files) -> dict[str, str]:
    return {path: file.text for path, file in files.items()}


def test_write_replaces_the_whole_tree(tmp_path: Path, versions: tuple[Files, Files]) -> None:
    first, second = versions
    (tmp_path / "environment.yaml").write_text("kept")
    (tmp_path / "custom").mkdir()
    (tmp_path / "custom" / "patch.yaml").write_text("kept")
    assert len(write(tmp_path, first).added) == len(first)
    changes = write(tmp_path, second)
    assert any("llama" in path for path in changes.removed)
    assert on_disk(tmp_path) == {**texts(second), "environment.yaml": "kept", "custom/patch.yaml": "kept"}


def test_an_equal_tree_is_not_touched(tmp_path: Path, versions: tuple[Files, Files]) -> None:
    write(tmp_path, versions[0])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert not write(tmp_path, versions[0])
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_crash_at_any_step_leaves_the_old_tree_or_is_finished_by_the_next_render(
    tmp_path: Path, versions: tuple[Files, Files], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = versions
    steps = 0
    while True:
        folder = tmp_path / str(steps)
        folder.mkdir()
        write(folder, first)
        count = 0

        def rename(self: Path, target: Path, limit: int = steps) -> Path:
            nonlocal count
            if count == limit:
                raise KeyboardInterrupt
            count += 1
            return self.replace(target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename)
            try:
                write(folder, second)
            except KeyboardInterrupt:
                if not (folder / ".nimfleet-ready").exists():
                    left = {p: t for p, t in on_disk(folder).items() if not p.startswith(".nimfleet-new/")}
                    assert left == texts(first)
            else:
                break
        write(folder, second)
        assert on_disk(folder) == texts(second)
        steps += 1
    assert steps > 5, "the crash was never injected"


def test_a_decided_tree_is_finished_even_for_another_intent(
    tmp_path: Path, versions: tuple[Files, Files], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = versions
    write(tmp_path, first)
    with monkeypatch.context() as patch:
        patch.setattr(writing.shutil, "rmtree", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, second)
    write(tmp_path, first)
    assert on_disk(tmp_path) == texts(first)


def test_a_file_that_nobody_generated_is_not_lost(tmp_path: Path, versions: tuple[Files, Files]) -> None:
    write(tmp_path, versions[0])
    (tmp_path / "models" / "mine.yaml").write_text("precious: true\n")
    with pytest.raises(UsageError, match=r"models/mine.yaml: this file was not generated.*custom/"):
        write(tmp_path, versions[1])
    assert (tmp_path / "models" / "mine.yaml").read_text() == "precious: true\n"
    assert compare(tmp_path, versions[0]).removed == ("models/mine.yaml",)


def test_two_renders_do_not_meet(tmp_path: Path, versions: tuple[Files, Files]) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(UsageError, match="another render is at work"):
            write(tmp_path, versions[0])
    finally:
        os.close(handle)
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_leaves_the_folder_is_replaced_not_followed(tmp_path: Path, versions: tuple[Files, Files]) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.yaml").write_text("keep")
    folder = tmp_path / "dev"
    folder.mkdir()
    (folder / "models").symlink_to(outside)
    with pytest.raises(UsageError):
        write(folder, versions[0])
    assert on_disk(outside) == {"keep.yaml": "keep"}
