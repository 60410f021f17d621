"""The real kubeconform over the store's files and over core kinds, offline."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from test_schema_check import NIM_SERVICE
from test_schema_core import DEPLOYMENT

from nimfleet.resources import schemas_root
from nimfleet.schema.core import core_schemas
from nimfleet.schema.kubeconform import LOCATION, KubeconformError, Status, run
from nimfleet.schema.model import Schema
from nimfleet.schema.store import Store


@pytest.fixture(scope="module")
def binary() -> Path:
    local = Path(__file__).parents[2] / ".bin" / "kubeconform"
    found = str(local) if local.is_file() else shutil.which("kubeconform")
    if found is None:
        pytest.skip("kubeconform is not installed (`make setup` builds it)")
    return Path(found)


def find(group: str, version: str, kind: str) -> Schema | None:
    return Store.open().find(group, version, kind) or core_schemas("1.34").find(group, version, kind)


def nim(**spec: Any) -> dict[str, Any]:
    return NIM_SERVICE | {"spec": NIM_SERVICE["spec"] | spec}


def test_names_that_the_server_makes_up_are_told_apart_by_their_beginning(binary: Path) -> None:
    documents = {
        name: DEPLOYMENT | {"metadata": {"generateName": name}, "spec": DEPLOYMENT["spec"] | {"replicas": replicas}}
        for name, replicas in (("good-", 1), ("bad-", "1"))
    }
    statuses = {key: verdict.status for key, verdict in run(documents.items(), find, binary).items()}
    assert statuses == {"good-": Status.VALID, "bad-": Status.INVALID}


def test_verdicts_by_document(binary: Path) -> None:
    documents = {
        "good": nim(),
        "nulls are the server's to remove": nim(replicas=None),
        "unknown field": nim(replica=1),
        "wrong type": nim(replicas="2"),
        "core": DEPLOYMENT,
        "bad core": DEPLOYMENT | {"spec": DEPLOYMENT["spec"] | {"replicas": "2"}},
        "unknown kind": {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}},
        "no kind": {"apiVersion": "v1"},
        "unserved": {
            "apiVersion": "external-secrets.io/v1beta1",
            "kind": "ExternalSecret",
            "metadata": {"name": "x"},
        },
    }
    verdicts = run(documents.items(), find, binary)
    assert list(verdicts) == list(documents)
    assert {key: verdict.status for key, verdict in verdicts.items()} == {
        "good": Status.VALID,
        "nulls are the server's to remove": Status.VALID,
        "unknown field": Status.INVALID,
        "wrong type": Status.INVALID,
        "core": Status.VALID,
        "bad core": Status.INVALID,
        "unknown kind": Status.SKIPPED,
        "no kind": Status.SKIPPED,
        "unserved": Status.INVALID,
    }
    assert verdicts["unknown field"].complaints == (("/spec", "additional properties 'replica' not allowed"),)
    assert verdicts["bad core"].complaints == (("/spec/replicas", "got string, want null or integer"),)


def test_the_layout_of_the_store_is_kubeconforms(binary: Path, tmp_path: Path) -> None:
    """What a user types: a schema location that names a release's folder."""
    (tmp_path / "good.json").write_text(json.dumps(nim()), encoding="utf-8")
    (tmp_path / "bad.json").write_text(json.dumps(nim(replicas="2")), encoding="utf-8")
    location = f"{schemas_root()}/k8s-nim-operator/3.1.2/{LOCATION}"
    done = subprocess.run(
        [str(binary), "-strict", "-output", "json", "-verbose", "-schema-location", location, str(tmp_path)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=60,
    )
    statuses = {Path(item["filename"]).name: item["status"] for item in json.loads(done.stdout)["resources"]}
    assert statuses == {"good.json": "statusValid", "bad.json": "statusInvalid"}


def test_every_stored_schema_is_readable_by_kubeconform(binary: Path) -> None:
    store = Store.open()
    documents = [
        (
            (group, version, kind),
            {"apiVersion": f"{group}/{version}", "kind": kind, "metadata": {"name": "x"}, "zzz": 1},
        )
        for group, version, kind in store.kinds()
    ]
    verdicts = run(documents, store.find, binary)
    for key, verdict in verdicts.items():
        schema = store.find(*key)
        assert schema is not None
        assert verdict.status is Status.INVALID, key
        expected = "'zzz' not allowed" if schema.served else "'not' failed"
        assert any(expected in words for _, words in verdict.complaints), key


def test_no_documents_need_no_binary(tmp_path: Path) -> None:
    assert run([], find, tmp_path / "absent") == {}


def test_failures_are_said(tmp_path: Path) -> None:
    documents = [("one", nim())]
    with pytest.raises(KubeconformError, match=r"cannot be run \(No such file or directory\)"):
        run(documents, find, tmp_path / "absent")
    script = tmp_path / "kubeconform"
    script.write_text("#!/bin/sh\necho broken >&2\nexit 3\n", encoding="utf-8")
    script.chmod(0o755)
    with pytest.raises(KubeconformError, match="ended with exit code 3: broken"):
        run(documents, find, script)
    script.write_text("#!/bin/sh\necho '{\"resources\": []}'\n", encoding="utf-8")
    with pytest.raises(KubeconformError, match="no verdict on 1 of 1 documents"):
        run(documents, find, script)
    script.write_text("#!/bin/sh\nexec /bin/sleep 20\n", encoding="utf-8")
    with pytest.raises(KubeconformError, match=r"did not finish within 0\.2 seconds"):
        run(documents, find, script, timeout=0.2)
