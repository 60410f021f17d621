"""Changes judged against a base: a folder, or a git ref."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet import validate
from nimfleet.engine import Report, Status
from nimfleet.errors import UsageError

Write = Callable[[Mapping[str, str]], Path]

CACHE = """apiVersion: apps.nvidia.com/v1alpha1
kind: NIMCache
metadata:
  name: llama
  namespace: nim
spec:
  source:
    ngc:
      modelPuller: nvcr.io/nim/meta/llama-3.1-8b-instruct:1.3.3
      pullSecret: ngc-secret
      authSecret: ngc-api-secret
  storage:
    pvc:
      create: true
      size: 50Gi
"""
CLASS = """apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: efs
provisioner: efs.csi.aws.com
reclaimPolicy: Delete
"""
CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteMany]
  resources:
    requests:
      storage: 1Gi
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web, tier: one}
    spec:
      containers:
        - name: web
          image: web:1
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\nimmutable: true\ndata:\n  a: '1'\n"


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def committed(root: Path) -> Path:
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "base")
    return root


def brief(report: Report) -> list[tuple[str, str, int, str]]:
    return [(f.rule, f.file, f.line, f.pointer) for f in report.findings if f.rule.startswith("transition/")]


@pytest.mark.parametrize(
    ("rule", "text", "old", "new", "line", "pointer"),
    [
        ("nim-cache-spec", CACHE, "50Gi", "100Gi", 15, "/spec/storage/pvc/size"),
        ("storage-class", CLASS, "efs.csi.aws.com", "ebs.csi.aws.com", 5, "/provisioner"),
        ("storage-class", CLASS, "reclaimPolicy: Delete", "reclaimPolicy: Retain", 6, "/reclaimPolicy"),
        (
            "storage-class",
            CLASS,
            "reclaimPolicy: Delete\n",
            "volumeBindingMode: WaitForFirstConsumer\n",
            6,
            "/volumeBindingMode",
        ),
        ("storage-class", CLASS, "reclaimPolicy: Delete\n", "parameters: {a: b}\n", 6, "/parameters"),
        ("volume-claim", CLAIM, "[ReadWriteMany]", "[ReadWriteOnce]", 6, "/spec/accessModes/0"),
        ("volume-claim", CLAIM + "  storageClassName: a\n", "Name: a", "Name: b", 10, "/spec/storageClassName"),
        (
            "workload-selector",
            DEPLOYMENT,
            "matchLabels: {app: web}",
            "matchLabels: {tier: one}",
            7,
            "/spec/selector/matchLabels",
        ),
        ("immutable-config", CONFIG, "'1'", "'2'", 7, "/data/a"),
        ("immutable-config", CONFIG, "immutable: true", "immutable: false", 5, "/immutable"),
    ],
)
def test_frozen_parts_must_not_change(
    write: Write, rule: str, text: str, old: str, new: str, line: int, pointer: str
) -> None:
    root = committed(write({"a.yaml": text}))
    assert old in text
    write({"a.yaml": text.replace(old, new)})
    report = validate(root, "HEAD")
    assert brief(report) == [(f"transition/{rule}", "a.yaml", line, pointer)]
    assert "HEAD" in next(f.message for f in report.findings if f.rule.startswith("transition/"))


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (CLASS, "reclaimPolicy: Delete\n", ""),
        (CLASS, "reclaimPolicy: Delete\n", "reclaimPolicy: Delete\nvolumeBindingMode: Immediate\n"),
        (CLASS, "name: efs", "name: other"),
        (CLAIM, "1Gi", "2Gi"),
        (CLAIM, "spec:\n", "spec:\n  storageClassName: set-later\n"),
        (DEPLOYMENT, "web:1", "web:2"),
        (CONFIG.replace("immutable: true\n", ""), "'1'", "'2'"),
        (CACHE, "  namespace: nim\n", "  namespace: nim\n  labels: {a: b}\n"),
    ],
)
def test_other_changes_are_free(write: Write, text: str, old: str, new: str) -> None:
    root = committed(write({"a.yaml": text}))
    assert old in text
    write({"a.yaml": text.replace(old, new)})
    assert brief(validate(root, "HEAD")) == []


@pytest.mark.parametrize("text", [CACHE, CLAIM])
def test_removing_data_is_a_warning(write: Write, text: str) -> None:
    root = committed(write({"a.yaml": text, "b.yaml": CLASS}))
    (root / "a.yaml").unlink()
    report = validate(root, "HEAD")
    assert brief(report) == [("transition/data-loss", "a.yaml", 1, "")]
    assert report.ok


def test_moving_a_file_is_no_loss(write: Write) -> None:
    root = committed(write({"old/a.yaml": CACHE, "b.yaml": CLASS}))
    (root / "new").mkdir()
    (root / "old" / "a.yaml").rename(root / "new" / "a.yaml")
    assert brief(validate(root, "HEAD")) == []


def test_objects_of_one_name_in_two_environments_are_not_mixed_up(write: Write) -> None:
    files = {
        f"clusters/{name}/{file}": text
        for name in ("dev", "prod")
        for file, text in {"environment.yaml": "version: 1\n", "a.yaml": CACHE}.items()
    }
    root = committed(write(files))
    (root / "clusters" / "dev" / "a.yaml").unlink()
    assert brief(validate(root, "HEAD")) == [("transition/data-loss", "clusters/dev/a.yaml", 1, "")]


def test_a_folder_can_be_the_base(write: Write, tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.mktemp("base")
    (base / "a.yaml").write_text(CACHE)
    root = write({"a.yaml": CACHE.replace("50Gi", "60Gi")})
    assert brief(validate(root, base)) == [("transition/nim-cache-spec", "a.yaml", 15, "/spec/storage/pvc/size")]


def test_a_repository_below_the_top_of_git_is_compared_with_itself(write: Write) -> None:
    committed(write({"sub/a.yaml": CACHE, "a.yaml": "nothing: here\n"}))
    root = write({"sub/a.yaml": CACHE.replace("50Gi", "60Gi")})
    assert brief(validate(root / "sub", "HEAD", root=root / "sub")) == [
        ("transition/nim-cache-spec", "a.yaml", 15, "/spec/storage/pvc/size")
    ]


def test_without_a_base_the_stage_is_skipped_and_strict_does_not_mind(write: Write) -> None:
    report = validate(write({"a.yaml": CLASS}), strict=True)
    assert next(s.status for s in report.stages if s.name == "transition") is Status.SKIPPED


@pytest.mark.parametrize("ref", ["nonsense", "--output=x", "HEAD^{tree}", ""])
def test_an_unknown_ref_is_bad_usage(write: Write, ref: str) -> None:
    root = committed(write({"a.yaml": CLASS}))
    with pytest.raises(UsageError, match="neither a folder nor a git ref"):
        validate(root, ref)
    assert sorted(path.name for path in root.iterdir()) == [".git", "a.yaml"]


def test_a_base_that_lacks_the_path_has_nothing_to_compare(write: Write) -> None:
    committed(write({"a.yaml": CLASS}))
    root = write({"new/b.yaml": CACHE})
    assert brief(validate(root / "new", "HEAD", root=root)) == []
