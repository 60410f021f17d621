"""Which base is taken when nobody names one, and how git is asked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet import validate
from nimfleet.cli.main import main
from nimfleet.engine import Report, Stage, Status
from nimfleet.engine.base_git import Commit, changed, default_base, extract, resolve
from nimfleet.errors import UsageError

Write = Callable[[Mapping[str, str]], Path]

SOURCE = """apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 5m
  url: https://example.com/fleet
  ref:
    branch: main
"""
CLASS = """apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: efs
provisioner: efs.csi.aws.com
reclaimPolicy: Delete
"""


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(root), *identity, "-c", "protocol.file.allow=always", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path, branch: str = "main") -> str:
    if not (root / ".git").exists():
        git(root, "init", "--quiet", "--initial-branch", branch)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "step")
    return git(root, "rev-parse", "HEAD")


def transition(report: Report) -> Stage:
    return next(stage for stage in report.stages if stage.name == "transition")


def auto(root: Path) -> Stage:
    return transition(validate(root, "auto", only=["build", "transition"]))


def test_outside_of_git_there_is_nothing_to_compare_with(write: Write) -> None:
    stage = auto(write({"a.yaml": CLASS, "s.yaml": SOURCE}))
    assert (stage.status, stage.detail) == (
        Status.SKIPPED,
        "no base to compare with: this is not in a git checkout with a commit",
    )


def test_before_the_first_commit_there_is_nothing_to_compare_with(write: Write) -> None:
    root = write({"a.yaml": CLASS, "s.yaml": SOURCE})
    git(root, "init", "--quiet")
    assert "not in a git checkout with a commit" in auto(root).detail


def test_without_git_the_stage_is_skipped(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = write({"a.yaml": CLASS, "s.yaml": SOURCE})
    commit(root)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert auto(root).status is Status.SKIPPED


def test_a_branch_must_be_known(write: Write) -> None:
    root = write({"a.yaml": CLASS})
    commit(root)
    assert auto(root).status is Status.SKIPPED
    assert "nothing here says which branch Flux syncs" in auto(root).detail


def test_on_the_branch_itself_uncommitted_changes_count(write: Write) -> None:
    root = write({"a.yaml": CLASS, "s.yaml": SOURCE})
    commit(root)
    assert auto(root).detail == "nothing differs from HEAD"
    write({"a.yaml": CLASS.replace("Delete", "Retain")})
    report = validate(root, "auto", only=["build", "transition"])
    assert [finding.rule for finding in report.findings] == ["transition/storage-class"]
    assert "differs from HEAD" in report.findings[0].message


def test_on_another_branch_what_happened_since_it_left_counts(write: Write) -> None:
    root = write({"a.yaml": CLASS, "s.yaml": SOURCE})
    left = commit(root)
    git(root, "switch", "--quiet", "--create", "work")
    write({"a.yaml": CLASS.replace("Delete", "Retain")})
    commit(root)
    git(root, "switch", "--quiet", "main")
    write({"a.yaml": CLASS.replace("efs.csi", "ebs.csi")})
    commit(root)
    git(root, "switch", "--quiet", "work")
    assert default_base(root, ["main"]) == Commit(left, "main")
    report = validate(root, "auto", only=["build", "transition"])
    assert [(finding.rule, finding.pointer) for finding in report.findings] == [
        ("transition/storage-class", "/reclaimPolicy")
    ]


def test_what_the_remote_has_counts_before_the_local_branch(
    write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = write({"a.yaml": CLASS, "s.yaml": SOURCE})
    pushed = commit(root)
    clone = tmp_path_factory.mktemp("clone") / "fleet"
    git(root, "clone", "--quiet", str(root), str(clone))
    (clone / "a.yaml").write_text(CLASS.replace("Delete", "Retain"))
    commit(clone)
    assert default_base(clone, ["main"]) == Commit(pushed, "origin/main")
    assert "objects of origin/main compared" in auto(clone).detail
    git(clone, "remote", "rename", "origin", "upstream")
    assert default_base(clone, ["main"]) == Commit(pushed, "upstream/main")


def test_a_clone_without_the_branch_says_how_to_get_it(write: Write, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = write({"a.yaml": CLASS, "s.yaml": SOURCE})
    commit(root)
    git(root, "switch", "--quiet", "--create", "work")
    clone = tmp_path_factory.mktemp("clone") / "fleet"
    git(root, "clone", "--quiet", "--single-branch", "--branch", "work", str(root), str(clone))
    report = validate(clone, "auto", only=["build", "transition"], strict=True)
    assert transition(report).status is Status.SKIPPED
    assert transition(report).detail.startswith("not run: origin/main, which Flux syncs, is not in this clone")
    assert "--base" in transition(report).detail
    assert report.ok


def test_a_shallow_clone_says_how_to_get_the_history(write: Write, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = write({"a.yaml": CLASS, "s.yaml": SOURCE})
    commit(root)
    git(root, "switch", "--quiet", "--create", "work")
    write({"b.yaml": CLASS})
    commit(root)
    git(root, "switch", "--quiet", "main")
    write({"c.yaml": CLASS})
    commit(root)
    clone = tmp_path_factory.mktemp("clone") / "fleet"
    options = ("--depth", "1", "--no-single-branch", "--branch", "work")
    git(root, "clone", "--quiet", *options, root.as_uri(), str(clone))
    reason = default_base(clone, ["main"])
    assert isinstance(reason, str)
    assert "HEAD and origin/main have no common commit in this clone; fetch more of it" in reason


def test_branches_that_differ_are_not_chosen_from(write: Write) -> None:
    root = write({"a.yaml": CLASS})
    commit(root)
    reason = default_base(root, ["main", "prod", "main"])
    assert isinstance(reason, str)
    assert "different branches (main, prod)" in reason


def test_a_branch_that_is_nowhere_is_not_missed(write: Write) -> None:
    root = write({"a.yaml": CLASS})
    commit(root, "trunk")
    assert default_base(root, ["main"]) == (
        "no base to compare with: there is no branch main here, which Flux syncs; `--base REF` names another"
    )


def test_changed_sees_the_index_the_work_tree_and_new_files(write: Write) -> None:
    root = write({"a.yaml": CLASS, "b.yaml": CLASS, "c.yaml": CLASS, "sub/d.yaml": CLASS, ".gitignore": "ignored/\n"})
    commit(root)
    base = resolve(root, "HEAD")
    assert changed(root, base) == frozenset()
    write({"a.yaml": SOURCE, "b.yaml": SOURCE, "sub/ä b.yaml": CLASS, "ignored/e.yaml": CLASS})
    git(root, "add", "b.yaml")
    (root / "c.yaml").unlink()
    assert changed(root, base) == {"a.yaml", "b.yaml", "c.yaml", "sub/ä b.yaml"}
    assert changed(root / "sub", base) == {"ä b.yaml"}


def test_the_base_is_what_is_stored(write: Write, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Links are left out, nothing is filtered, and .gitattributes leaves nothing out."""
    root = write(
        {
            "a.yaml": CLASS,
            "sub/same.yaml": CLASS,
            "sub/ä b.txt": "x",
            ".gitattributes": "*.yaml filter=lfs export-ignore\n",
        }
    )
    (root / "link.yaml").symlink_to("/etc/passwd")
    git(root, "init", "--quiet", "--initial-branch", "main")
    commit(root)
    mark = root / "filtered"
    git(root, "config", "filter.lfs.smudge", f"touch {mark}; cat")
    git(root, "config", "filter.lfs.clean", f"touch {mark}; cat")
    git(root, "config", "core.fsmonitor", f"touch {mark}")
    target = tmp_path_factory.mktemp("target")
    base = resolve(root, "HEAD")
    extract(root, base, target)
    write({"a.yaml": SOURCE})
    assert changed(root, base) == {"a.yaml"}
    names = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert names == [".gitattributes", "a.yaml", "sub/same.yaml", "sub/ä b.txt"]
    assert (target / "sub/same.yaml").read_text() == CLASS
    assert not mark.exists()


def test_a_clone_without_content_is_not_filled(write: Write, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = write({"a.yaml": CLASS, "s.yaml": SOURCE})
    commit(root)
    git(root, "config", "uploadpack.allowFilter", "true")
    write({"a.yaml": CLASS.replace("Delete", "Retain")})
    commit(root)
    clone = tmp_path_factory.mktemp("clone") / "fleet"
    git(root, "clone", "--quiet", "--filter=blob:none", root.as_uri(), str(clone))
    with pytest.raises(UsageError, match="HEAD~1"):
        validate(clone, "HEAD~1", only=["build", "transition"])


def test_a_hook_of_another_repository_does_not_lead_astray(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"a.yaml": CLASS, "sub/b.yaml": CLASS, "s.yaml": SOURCE})
    commit(root)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_TRACE"):
        monkeypatch.setenv(name, "/nowhere")
    assert auto(root).detail == "nothing differs from HEAD"
    assert changed(root / "sub", resolve(root, "HEAD")) == frozenset()


@pytest.mark.parametrize(
    ("arguments", "detail"),
    [
        ([], "2 objects of HEAD compared; 1 finding"),
        (["--base", "HEAD"], "2 objects of HEAD compared; 1 finding"),
        (["--base", "none"], "no base to compare with (--base)"),
    ],
)
def test_the_command_finds_the_base_unless_told_otherwise(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], detail: str
) -> None:
    root = write({"clusters/dev/a.yaml": CLASS, "s.yaml": SOURCE})
    commit(root)
    write({"clusters/dev/a.yaml": CLASS.replace("Delete", "Retain")})
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "argv", ["nimfleet", "validate", "--only", "build,transition", *arguments])
    with pytest.raises(SystemExit):
        main()
    stage = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("transition"))
    assert detail in stage
