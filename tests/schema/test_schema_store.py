"""The store: what ships with nimfleet is whole, and the choice between releases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from schema_helpers import crd

from nimfleet.manifest.emit import dump
from nimfleet.resources import schemas_root
from nimfleet.schema.importer import Origin, import_crds
from nimfleet.schema.store import Store, StoreError, version_key


def add(root: Path, tmp_path: Path, project: str, version: str, *, field: str = "a", kind: str = "Widget") -> None:
    source = tmp_path / "crd.yaml"
    spec = {"type": "object", "properties": {field: {"type": "string"}}}
    source.write_text(dump(crd(spec, kind=kind)), encoding="utf-8")
    import_crds(str(source), root, Origin(project, version))


def test_the_packaged_store_is_whole() -> None:
    store, files = Store.open(), set()
    for release in store.releases():
        assert release.commit and release.date and release.source.startswith("https://"), release.name
        for entry in release.entries:
            path = release.folder / entry.path
            files.add(path)
            document = json.loads(path.read_bytes())
            about = document["x-nimfleet"]
            assert (about["served"], about["scope"], about["celRules"], about["plural"]) == (
                entry.served,
                entry.scope,
                entry.cel_rules,
                entry.plural,
            )
            assert document["x-kubernetes-group-version-kind"] == [
                {"group": entry.group, "version": entry.version, "kind": entry.kind}
            ]
            assert "description" not in document
    root = schemas_root()
    stored = {path for path in root.glob("*/*/*/*.json") if path.relative_to(root).parts[0] != "nimfleet"}
    assert stored == files
    for gvk in store.kinds():
        schema = store.find(*gvk)
        assert schema is not None
        assert not schema.validator.is_valid({})


def test_what_nimfleet_renders_is_known() -> None:
    store = Store.open()
    for group, version, kind in [
        ("apps.nvidia.com", "v1alpha1", "NIMCache"),
        ("apps.nvidia.com", "v1alpha1", "NIMPipeline"),
        ("karpenter.sh", "v1", "NodePool"),
        ("karpenter.k8s.aws", "v1", "EC2NodeClass"),
        ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"),
        ("helm.toolkit.fluxcd.io", "v2", "HelmRelease"),
        ("source.toolkit.fluxcd.io", "v1", "OCIRepository"),
        ("external-secrets.io", "v1", "ExternalSecret"),
        ("monitoring.coreos.com", "v1", "ServiceMonitor"),
    ]:
        schema = store.find(group, version, kind)
        assert schema is not None and schema.served, kind
    assert store.known_group("apps.nvidia.com")
    assert not store.known_group("apps.example.com")
    assert store.find("apps.nvidia.com", "v1", "NIMCache") is None
    assert store.versions("external-secrets.io", "ExternalSecret") == ("v1",)


def test_the_newest_release_wins_unless_pinned(tmp_path: Path) -> None:
    root = tmp_path / "store"
    for version, field in [
        ("1.9.0", "old"),
        ("1.10.0", "new"),
        ("main-2026-08-19", "next"),
        ("1.11.0-rc.1", "rc"),
    ]:
        add(root, tmp_path, "widgets", version, field=field)
    store = Store.open(root)

    def chosen(pins: dict[str, str] | None) -> str | None:
        schema = store.find("example.com", "v1", "Widget", pins)
        return None if schema is None else schema.release

    assert chosen(None) == "widgets@1.11.0-rc.1"
    assert chosen({"widgets": "1.9.0"}) == "widgets@1.9.0"
    assert chosen({"other": "1.9.0"}) == "widgets@1.11.0-rc.1"
    assert chosen({"widgets": "2.0.0"}) is None
    assert store.has_release("widgets", "1.9.0") and not store.has_release("widgets", "2.0.0")
    assert [release.version for release in store.releases()] == [
        "1.11.0-rc.1",
        "1.10.0",
        "1.9.0",
        "main-2026-08-19",
    ]


def test_version_order() -> None:
    ordered = ["main-2026-08-19", "0.9.0", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0"]
    shuffled = [ordered[index] for index in (3, 0, 5, 2, 4, 1)]
    assert sorted(shuffled, key=version_key) == ordered


def test_an_overlay_wins_and_falls_through(tmp_path: Path) -> None:
    base, overlay = tmp_path / "base", tmp_path / "overlay"
    add(base, tmp_path, "widgets", "2.0.0")
    add(base, tmp_path, "gadgets", "1.0.0", kind="Gadget")
    add(overlay, tmp_path, "widgets", "1.0.0")
    store = Store.open(base, overlay)
    widget, gadget = store.find("example.com", "v1", "Widget"), store.find("example.com", "v1", "Gadget")
    assert widget is not None and widget.release == "widgets@1.0.0"
    assert gadget is not None and gadget.release == "gadgets@1.0.0"


def test_a_folder_that_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"it has no index\.json"):
        Store.open(tmp_path)
    assert Store.open(overlay=tmp_path).kinds() == Store.open().kinds()
    (tmp_path / "index.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(StoreError, match="format 99 is not known"):
        Store.open(overlay=tmp_path)
    (tmp_path / "index.json").write_text('{"format": 1}', encoding="utf-8")
    with pytest.raises(StoreError, match="not an index of schemas"):
        Store.open(tmp_path)
    (tmp_path / "index.json").write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match="not JSON"):
        Store.open(tmp_path)


def test_files_are_read_only_when_asked(tmp_path: Path) -> None:
    root = tmp_path / "store"
    add(root, tmp_path, "widgets", "1.0.0")
    (root / "widgets/1.0.0/example.com/widget_v1.json").write_text("broken", encoding="utf-8")
    schema = Store.open(root).find("example.com", "v1", "Widget")
    assert schema is not None
    with pytest.raises(StoreError, match=r"widget_v1\.json: not JSON"):
        _ = schema.document
