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


STEPS = ("rename", "unlink", "rmdir", "mkdir", "write_bytes")


@pytest.mark.parametrize("exception", [KeyboardInterrupt, OSError])
def test_a_crash_at_any_step_leaves_the_old_tree_or_is_finished_by_the_next_render(
    exception: type[BaseException], tmp_path: Path, versions: tuple[Files, Files], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = versions
    step = 0
    while True:
        folder = tmp_path / str(step)
        folder.mkdir()
        write(folder, first)
        with monkeypatch.context() as patch:
            count = Countdown(step, exception)
            for name in STEPS:
                if hasattr(Path, name):
                    patch.setattr(Path, name, count.before(getattr(Path, name)))
            for name in ("rename", "unlink", "rmdir"):
                patch.setattr(os, name, count.before(getattr(os, name)))
            try:
                write(folder, second)
            except (KeyboardInterrupt, UsageError) as error:
                decided = (folder / ".nimfleet-ready").exists()
                if isinstance(error, UsageError) and not decided and not (folder / ".nimfleet-old").exists():
                    assert "the old tree is as it was" in str(error)
                if isinstance(error, UsageError) and decided:
                    assert "render again, which finishes it" in str(error)
                if not decided and not (folder / ".nimfleet-old").exists():
                    left = {p: t for p, t in on_disk(folder).items() if not p.startswith(".nimfleet-new/")}
                    assert left == texts(first)
            else:
                break
        write(folder, second)
        assert on_disk(folder) == texts(second)
        step += 1
    assert step > 40, "the crash was hardly ever injected"


class Countdown:
    """Lets so many calls through, and fails the next one."""

    def __init__(self, calls: int, exception: type[BaseException]) -> None:
        self.left = calls
        self.exception = exception

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*words: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left == -1:
                raise self.exception
            return function(*words, **more)

        return counted


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


@pytest.mark.parametrize("name", ["kustomization.yaml", "flux-entry.yaml", "sources/namespaces.yaml"])
def test_a_file_that_somebody_wrote_is_not_overwritten(
    name: str, tmp_path: Path, versions: tuple[Files, Files]
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine: true\n")
    with pytest.raises(UsageError, match="was not generated"):
        write(tmp_path, versions[0])
    assert on_disk(tmp_path) == {name: "mine: true\n"}


def test_line_ends_and_older_headers_do_not_make_a_file_somebody_s_own(
    tmp_path: Path, versions: tuple[Files, Files]
) -> None:
    first, second = versions
    write(tmp_path, first)
    for path in tmp_path.rglob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"from environment.yaml", b"of old").replace(b"\n", b"\r\n"))
    write(tmp_path, second)
    assert on_disk(tmp_path) == texts(second)


def test_a_link_to_a_folder_is_not_dropped(tmp_path: Path, versions: tuple[Files, Files]) -> None:
    folder = tmp_path / "dev"
    folder.mkdir()
    write(folder, versions[0])
    (tmp_path / "shared").mkdir()
    (folder / "configs" / "shared").symlink_to(tmp_path / "shared")
    with pytest.raises(UsageError, match="configs/shared"):
        write(folder, versions[1])


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
