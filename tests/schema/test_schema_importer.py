# ruff: noqa: E501 - one line a case reads as a table
"""Importing CRDs: what is written, what is refused, and that an error leaves the store as it was."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from schema_helpers import crd
from typer.testing import CliRunner

from nimfleet.cli.schemas import app
from nimfleet.errors import NimfleetError, UsageError
from nimfleet.manifest.emit import dump, dump_all
from nimfleet.schema.importer import Origin, import_crds, parse_release
from nimfleet.schema.store import Store

ORIGIN = Origin("widgets", "1.0.0", "https://example.com/widgets", "abc", "2026-08-05")


def write(path: Path, *documents: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dump_all(documents), encoding="utf-8")
    return path


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def simple(kind: str = "Widget", **more: Any) -> dict[str, Any]:
    return crd({"type": "object", "properties": {"a": {"type": "string"}}}, kind=kind, **more)


def test_a_file_with_several_documents(tmp_path: Path) -> None:
    source = write(tmp_path / "crds.yaml", simple(), simple("Gadget"))
    written = import_crds(str(source), tmp_path / "store", ORIGIN)
    assert [item.path for item in written] == [
        "widgets/1.0.0/example.com/gadget_v1.json",
        "widgets/1.0.0/example.com/widget_v1.json",
    ]
    (release,) = Store.open(tmp_path / "store").releases()
    assert (release.source, release.commit, release.date) == (ORIGIN.source, "abc", "2026-08-05")
    assert {entry.source for entry in release.entries} == {"crds.yaml"}
    assert {entry.sha256 for entry in release.entries} == {hashlib.sha256(source.read_bytes()).hexdigest()}


def test_importing_twice_changes_no_byte(tmp_path: Path) -> None:
    source = write(tmp_path / "crds.yaml", simple(), simple("Gadget"))
    import_crds(str(source), tmp_path / "store", ORIGIN)
    before = tree(tmp_path / "store")
    import_crds(str(source), tmp_path / "store", ORIGIN)
    assert tree(tmp_path / "store") == before


def test_a_kind_is_replaced_with_all_its_versions_and_others_stay(tmp_path: Path) -> None:
    store = tmp_path / "store"
    import_crds(str(write(tmp_path / "a.yaml", simple(version="v1alpha1"), simple("Gadget"))), store, ORIGIN)
    import_crds(str(write(tmp_path / "b.yaml", simple(version="v1"))), store, ORIGIN)
    assert Store.open(store).kinds() == (("example.com", "v1", "Gadget"), ("example.com", "v1", "Widget"))
    assert not (store / "widgets/1.0.0/example.com/widget_v1alpha1.json").exists()


def test_a_folder_with_recorded_sources(tmp_path: Path) -> None:
    folder = tmp_path / "crds"
    write(folder / "w/widget.yaml", simple())
    write(folder / "g/gadget.yaml", simple("Gadget"))

    def record(file: str, project: str, version: str | None) -> dict[str, Any]:
        digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        return {"file": file, "project": project, "version": version, "commit": "c", "date": "2026-08-19",
                "path": f"config/{file}", "sha256": digest}  # fmt: skip

    sources = [
        record("w/widget.yaml", "acme/widgets", "v3.1.2"),
        record("g/gadget.yaml", "acme/gadgets", None),
    ]
    (folder / "SOURCES.json").write_text(json.dumps(sources), encoding="utf-8")
    written = import_crds(str(folder), tmp_path / "store")
    assert [item.release for item in written] == ["gadgets@main-2026-08-19", "widgets@3.1.2"]
    release = Store.open(tmp_path / "store").releases()[1]
    assert release.source == "https://github.com/acme/widgets"
    assert release.entries[0].source == "config/w/widget.yaml"

    write(folder / "w/widget.yaml", simple("Other"))
    with pytest.raises(NimfleetError, match=r"widget\.yaml: its content is not what SOURCES\.json records"):
        import_crds(str(folder), tmp_path / "store")


def test_a_folder_without_sources_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in/deep/a.yaml", simple())
    (tmp_path / "in/readme.txt").write_text("not read", encoding="utf-8")
    assert [item.release for item in import_crds(str(tmp_path / "in"), tmp_path / "one")] == ["local@unversioned"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(dump(simple()).encode())))
    import_crds("-", tmp_path / "two")
    assert Store.open(tmp_path / "two").kinds() == (("example.com", "v1", "Widget"),)


def test_json_and_lists_are_read_too(tmp_path: Path) -> None:
    listing = {"apiVersion": "v1", "kind": "List", "items": [simple(), simple("Gadget")]}
    (tmp_path / "list.json").write_text(json.dumps(listing), encoding="utf-8")
    assert len(import_crds(str(tmp_path / "list.json"), tmp_path / "store")) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n", r"bad\.yaml:1: not a CustomResourceDefinition .*but v1 Namespace"),
        ("- a\n", r"bad\.yaml:1: not a CustomResourceDefinition, but list"),
        ("a: [\n", r"bad\.yaml:\d+:\d+: "),
        ("", "no CustomResourceDefinition found"),
        (dump(crd({"type": "string", "pattern": "(?=x)"})), "Widget v1 is not a usable schema"),
        (dump(crd({"type": "object"}, group="../up")), r"`\.\./up` cannot be a group"),
        (dump_all([simple(), simple()]), "Widget was defined before"),
    ],
)  # fmt: skip
def test_bad_input_writes_nothing(tmp_path: Path, text: str, words: str) -> None:
    store = tmp_path / "store"
    import_crds(str(write(tmp_path / "good.yaml", simple("Gadget"))), store, ORIGIN)
    before = tree(store)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(NimfleetError, match=words):
        import_crds(str(folder), store, ORIGIN)
    assert tree(store) == before


def test_missing_input(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        import_crds(str(tmp_path / "none.yaml"), tmp_path / "store")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("broken", ["index.json", "1.0.0"])
def test_a_failure_while_swapping_leaves_the_old_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    store = tmp_path / "store"
    import_crds(str(write(tmp_path / "a.yaml", simple())), store, ORIGIN)
    before = tree(store)
    real = {"rename": Path.rename, "replace": Path.replace}

    def fail_at(name: str) -> Any:
        def move(self: Path, target: Path) -> Path:
            if self.name == broken and ".import-" in str(self) and "replaced" not in self.parts:
                raise OSError(28, "No space left on device")
            return real[name](self, target)

        return move

    monkeypatch.setattr(Path, "rename", fail_at("rename"))
    monkeypatch.setattr(Path, "replace", fail_at("replace"))
    with pytest.raises(NimfleetError, match=r"cannot be written \(No space left on device\)"):
        import_crds(str(write(tmp_path / "b.yaml", simple("Gadget"))), store, ORIGIN)
    monkeypatch.undo()
    assert tree(store) == before


@pytest.mark.parametrize("text", ["widgets", "@1", "widgets@", "a/b@1", "nimfleet@1", "../x@1"])
def test_bad_release_names(text: str) -> None:
    with pytest.raises(UsageError):
        parse_release(text)


def test_release_names() -> None:
    assert parse_release("k8s-nim-operator@v3.1.2") == ("k8s-nim-operator", "3.1.2")
    assert parse_release("x@main-2026-08-19") == ("x", "main-2026-08-19")
    assert parse_release("x@vnext") == ("x", "vnext")


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = write(tmp_path / "crds.yaml", simple())
    runner = CliRunner()
    done = runner.invoke(app, ["import", str(source), "--release", "widgets@v1.0.0", "--commit", "abc"])
    assert done.exit_code == 0, done.output
    assert "schemas/widgets/1.0.0/example.com/widget_v1.json: Widget example.com/v1" in done.output
    assert "Wrote 1 schema of widgets@1.0.0 to schemas." in done.output

    text = runner.invoke(app, ["list"])
    assert "widgets@1.0.0 (this repository)" in text.output
    assert "  apps.nvidia.com/v1alpha1 NIMService" in text.output
    listed = json.loads(runner.invoke(app, ["list", "--format", "json"]).output)
    (mine,) = [release for release in listed if release["overlay"]]
    assert mine["commit"] == "abc"
    assert mine["kinds"][0]["kind"] == "Widget"

    refused = runner.invoke(app, ["import", str(source), "--commit", "abc"])
    assert isinstance(refused.exception, UsageError)
