"""Discovery: what is read, what is left out, and what is never read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet.errors import UsageError
from nimfleet.repository.files import MAX_BYTES, Files
from nimfleet.repository.root import repository_root

Write = Callable[[Mapping[str, str]], Path]


def test_yaml_files_are_found_in_order_and_hidden_folders_left_out(write: Write) -> None:
    root = write(
        {
            "b.yml": "",
            "a.yaml": "",
            "sub/.hidden.yaml": "",
            "sub/Kustomization": "",
            "x.json": "",
            ".git/x.yaml": "",
            ".venv/x.yaml": "",
            "node_modules/x.yaml": "",
        }
    )
    assert [source.path for source in Files(root).discover([root])] == [
        "a.yaml",
        "b.yml",
        "sub/.hidden.yaml",
        "sub/Kustomization",
    ]


def test_helm_templates_are_counted_and_not_read(write: Write) -> None:
    root = write({"c/Chart.yaml": "name: c", "c/templates/x.yaml": "{{ broken", "templates/y.yaml": "a: 1"})
    files = Files(root)
    assert [source.path for source in files.discover([root])] == ["c/Chart.yaml", "templates/y.yaml"]
    assert files.helm_templates == 1


def test_each_file_is_read_once(write: Write) -> None:
    files = Files(write({"a.yaml": "a: 1"}))
    assert files.read("a.yaml") is files.read("a.yaml")


@pytest.mark.parametrize(
    ("target", "words"),
    [("/etc/passwd", "leaves the repository"), ("nowhere.yaml", "does not exist"), ("link.yaml", "points to itself")],
)
def test_bad_links_are_problems_and_not_followed(write: Write, target: str, words: str) -> None:
    root = write({"a.yaml": ""})
    (root / "link.yaml").symlink_to(target)
    (problem,) = Files(root).read("link.yaml").problems
    assert problem.code == "unreadable"
    assert words in problem.message
    assert Files(root).read("link.yaml").text is None


def test_links_inside_the_repository_are_files(write: Write) -> None:
    root = write({"a.yaml": "a: 1"})
    (root / "link.yaml").symlink_to("a.yaml")
    assert Files(root).read("link.yaml").text == "a: 1"


def test_linked_folders_end_no_walk_in_circles(write: Write) -> None:
    root = write({"a/x.yaml": "a: 1"})
    (root / "a" / "again").symlink_to("..")
    (root / "a" / "out").symlink_to("/etc")
    found = Files(root).discover([root])
    assert [source.path for source in found] == ["a/out", "a/x.yaml"]
    assert found[0].problems[0].code == "unreadable"


def test_a_folder_between_links_out_is_not_read_through(write: Write) -> None:
    root = write({"a.yaml": ""})
    (root / "out").symlink_to("/etc")
    assert Files(root).read("out/passwd").text is None


@pytest.mark.parametrize("content", [b"a: caf\xe9\n", b"\xff\xfea\x00"])
def test_other_encodings_are_problems_with_a_place(write: Write, content: bytes) -> None:
    root = write({})
    (root / "a.yaml").write_bytes(b"x: 1\n" + content)
    (problem,) = Files(root).read("a.yaml").problems
    assert (problem.code, problem.line) == ("unreadable", 2)


def test_large_files_and_pipes_are_not_opened(write: Write) -> None:
    root = write({})
    with (root / "large.yaml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    os.mkfifo(root / "pipe.yaml")
    found = Files(root).discover([root])
    assert [source.problems[0].code for source in found] == ["unreadable", "unreadable"]


def test_an_unreadable_path_that_was_asked_for_is_bad_usage(write: Write) -> None:
    root = write({})
    (root / "a.yaml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="UTF-8"):
        Files(root).discover([root / "a.yaml"])


def test_the_root_is_the_nearest_marked_folder(write: Write) -> None:
    root = write({"one/.git/HEAD": "", "one/two/a.yaml": "", "three/.nimfleet/x": "", "three/b.yaml": ""})
    assert repository_root([root / "one" / "two" / "a.yaml"]) == root / "one"
    assert repository_root([root / "three"]) == root / "three"


def test_without_a_mark_the_root_is_here_or_the_path(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"one/two/a.yaml": ""})
    assert repository_root([root / "one" / "two"]) == root / "one" / "two"
    monkeypatch.chdir(root / "one")
    assert repository_root([Path("two/a.yaml")]) == root / "one"


def test_paths_outside_the_root_and_missing_ones_are_bad_usage(write: Write) -> None:
    root = write({"one/a.yaml": "", "two/b.yaml": ""})
    with pytest.raises(UsageError, match="outside the repository"):
        repository_root([root / "two"], root / "one")
    with pytest.raises(UsageError, match="does not exist"):
        repository_root([root / "nope"])
    with pytest.raises(UsageError, match="not a folder"):
        repository_root([root / "one" / "a.yaml"], root / "one" / "a.yaml")
