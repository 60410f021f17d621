"""The cache of results: of use, never wrong, and worth nothing when it came from somewhere else."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet import validate
from nimfleet.engine import Report, cache, schemas, style
from nimfleet.engine.cache import FOLDER, MISSING, Cache
from nimfleet.schema import kubeconform

Write = Callable[[Mapping[str, str]], Path]
BAD = "apiVersion: v1\nkind: Namespace\nmetadata:\n    name: nim\nextra:   1\n"
GOOD = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: other\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  key: hunter2\n"
SECRETS = SECRET + "---\n" + GOOD


@pytest.fixture
def root(write: Write) -> Path:
    return write({"bad.yaml": BAD, "good.yaml": GOOD})


class Counted:
    """How often results were worked out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        for module, name in ((schemas, "check"), (style, "_lint"), (kubeconform, "normalise")):
            monkeypatch.setattr(module, name, self._counting(getattr(module, name)))

    def _counting(self, original: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            self.calls += 1
            return original(*arguments)

        return call


def outcome(report: Report) -> tuple[object, ...]:
    return report.findings, [(stage.name, stage.status, stage.detail, stage.checked) for stage in report.stages]


def file_of(root: Path) -> Path:
    return root / FOLDER / "results.json"


def test_the_second_run_works_nothing_out_and_says_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = validate(root)
    assert not (root / FOLDER).exists()
    first = validate(root, cache=True)
    counted = Counted(monkeypatch)
    second = validate(root, cache=True)
    assert counted.calls == 0
    assert outcome(plain) == outcome(first) == outcome(second)
    assert not second.ok


def test_only_what_has_changed_is_worked_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validate(root, cache=True)
    counted = Counted(monkeypatch)
    (root / "good.yaml").write_text(GOOD.replace("other", "third") + "more: 1\n", encoding="utf-8")
    report = validate(root, cache=True)
    assert counted.calls == 2
    assert ("good.yaml", "schema/unknown-field") in {(f.file, f.rule) for f in report.findings}


def test_another_kubernetes_version_or_style_counts_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validate(root, cache=True, only=["schema", "style"])
    counted = Counted(monkeypatch)
    validate(root, cache=True, only=["schema"], kubernetes_version="1.33")
    assert counted.calls == 2
    (root / ".yamllint").write_text("extends: relaxed\n", encoding="utf-8")
    validate(root, cache=True, only=["style"])
    assert counted.calls == 4


def test_another_nimfleet_counts_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validate(root, cache=True)
    monkeypatch.setattr(cache, "__version__", "0.0.0")
    counted = Counted(monkeypatch)
    validate(root, cache=True)
    assert counted.calls >= 4


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-5]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"[]", b"[ ]", 1)),
        lambda path: path.write_bytes(b"\x00" * 100),
        lambda path: path.write_bytes(b"{}\n" + b"[" * 100_000),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), os.mkfifo(path)),
        lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
        lambda path: (path.parent / ".gitignore").unlink(),
        lambda path: shutil.rmtree(path.parent),
    ],
)
def test_a_damaged_cache_is_as_good_as_none(
    root: Path, damage: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = validate(root, cache=True)
    damage(file_of(root))
    counted = Counted(monkeypatch)
    assert outcome(validate(root, cache=True)) == outcome(first)
    assert counted.calls > 0


def test_a_cache_that_came_with_a_checkout_is_not_believed(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    validate(root, cache=True)
    path = file_of(root)
    _, _, body = path.read_bytes().partition(b"\n")
    forged = dict.fromkeys(json.loads(body), 0)
    # Whoever knows the code can seal anything, but not for a folder that is yet to be made.
    one = Cache(root / FOLDER)
    text = json.dumps(forged, separators=(",", ":")).encode()
    path.write_bytes(one._seal(text) + b"\n" + text)
    assert validate(root, cache=True, only=["schema"]).ok, "the forgery itself works"
    other = tmp_path_factory.mktemp("other") / "clone"
    shutil.copytree(root, other)
    assert not validate(other, root=other, cache=True, only=["schema"]).ok


def test_nothing_secret_is_kept(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"s.yaml": SECRETS, "good.yaml": GOOD})
    validate(root, cache=True)
    content = file_of(root).read_text("utf-8")
    assert "hunter2" not in content
    assert "other" not in content
    counted = Counted(monkeypatch)
    validate(root, cache=True, only=["schema", "style"])
    assert counted.calls == 2  # the secret, and the file that it is in


def test_the_folder_ignores_itself_and_belongs_to_its_owner(root: Path) -> None:
    validate(root, cache=True)
    assert (root / FOLDER / ".gitignore").read_text("utf-8") == "*\n"
    assert sorted(path.name for path in (root / FOLDER).iterdir()) == [".gitignore", "results.json"]
    assert file_of(root).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("where", ["elsewhere", "missing"])
def test_a_link_is_not_followed(root: Path, where: str, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-{where}"
    if where == "elsewhere":
        outside.mkdir()
    (root / FOLDER).symlink_to(outside)
    validate(root, root=root, cache=True, only=["schema"])
    assert not outside.exists() or list(outside.iterdir()) == []


def test_two_runs_at_once_do_not_disturb_each_other(root: Path) -> None:
    one, other = Cache.open(root), Cache.open(root)
    one.put(one.key("a"), [1])
    other.put(other.key("b"), [2])
    one.save()
    other.save()
    third = Cache.open(root)
    assert third.get(third.key("b")) == [2]
    assert third.get(third.key("a")) is MISSING


def test_it_has_a_bound_and_forgets_what_was_of_no_use(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_ENTRIES", 3)
    first = Cache.open(root)
    for name in "abc":
        first.put(first.key(name), name)
    first.save()
    second = Cache.open(root)
    assert second.get(second.key("a")) == "a"
    second.put(second.key("d"), "d")
    second.save()
    third = Cache.open(root)
    assert [third.get(third.key(name)) for name in "abcd"] == ["a", MISSING, "c", "d"]


def test_keys_do_not_run_together(root: Path) -> None:
    known = Cache.open(root)
    assert known.key("ab", "c") != known.key("a", "bc")
    assert Cache().key("a") == Cache().key("a")
