"""The blueprint that the project began with, as a Flux repository: its known mistakes are found, and nothing else is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from nimfleet.engine import validate
from nimfleet.report.model import Status

REPOSITORY = Path(__file__).resolve().parent / "repository"
BIN = Path(__file__).resolve().parent.parent.parent / ".bin"

# What the blueprint was known for: rule, file, and text on the line.
KNOWN = {
    "g6 pool without the label that the device plugin selects": (
        "scheduling/device-plugin-elsewhere",
        "infrastructure/nodes/g6.yaml",
        "  template:",
    ),
    "GPU Deployment without toleration or selector": (
        "scheduling/gpu-pod-unplaced",
        "apps/embedding.yaml",
        "          resources:",
    ),
    "expireAfter in the old place, for g5": (
        "schema/unknown-field",
        "infrastructure/nodes/g5.yaml",
        "    expireAfter: 720h",
    ),
    "expireAfter in the old place, for g6": (
        "schema/unknown-field",
        "infrastructure/nodes/g6.yaml",
        "    expireAfter: 720h",
    ),
    "namespace that nobody creates": (
        "reference/namespace",
        "apps/embedding.yaml",
        "  namespace: nim-service",
    ),
    "StorageClass without reclaim policy": (
        "storage/reclaim-policy",
        "infrastructure/storage/efs.yaml",
        "  name: efs-sc",
    ),
    "cache that pins no tensor parallelism": (
        "scheduling/tensor-parallelism-unpinned",
        "models/nimcache.yaml",
        "      model:",
    ),
    "unpinned image": (
        "policy/image-moving-tag",
        "apps/chat.yaml",
        "          image: ghcr.io/open-webui/open-webui:main",
    ),
}
# Asked in production only.
PRODUCTION = {
    "model server in a Deployment that every pod reaches": (
        "policy/network-policy",
        "apps/embedding.yaml",
        "  name: embedding",
    ),
    "model that every pod reaches": (
        "policy/network-policy",
        "models/nimservice.yaml",
        "  name: meta-llama3-8b-instruct",
    ),
    "g5 nodes that end at Karpenter's default age": (
        "policy/expire-after",
        "infrastructure/nodes/g5.yaml",
        "    spec:",
    ),
    "g6 nodes that end at Karpenter's default age": (
        "policy/expire-after",
        "infrastructure/nodes/g6.yaml",
        "    spec:",
    ),
}


def _place(rule: str, file: str, line: str) -> tuple[str, str, int]:
    lines = (REPOSITORY / file).read_text(encoding="utf-8").splitlines()
    return rule, file, lines.index(line) + 1


@pytest.mark.parametrize(
    ("policy", "known"), [(None, KNOWN), ("production", KNOWN | PRODUCTION)], ids=["standard", "production"]
)
def test_mistakes_of_the_blueprint_are_found_and_nothing_else(
    policy: str | None, known: dict[str, tuple[str, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(BIN), prepend=":")
    report = validate(REPOSITORY, root=REPOSITORY, policy=policy)
    found = Counter((finding.rule, finding.file, finding.line) for finding in report.findings)
    assert found == Counter(_place(*place) for place in known.values()), [str(item) for item in report.findings]


def test_the_whole_blueprint_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(BIN), prepend=":")
    report = validate(REPOSITORY, root=REPOSITORY)
    stages = {stage.name: stage for stage in report.stages}
    assert stages["cluster"].status is Status.FAILED
    assert stages["cluster"].checked == 31
    assert not any(stage.unchecked for stage in report.stages)


def test_fixing_what_is_told_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(BIN), prepend=":")
    fixes = {
        "infrastructure/nodes/g6.yaml": [
            ("  template:\n", '  template:\n    metadata:\n      labels:\n        nvidia.com/gpu.present: "true"\n'),
            ("    expireAfter: 720h\n", ""),
        ],
        "infrastructure/nodes/g5.yaml": [("    expireAfter: 720h\n", "")],
        "infrastructure/sources/namespaces.yaml": [
            (
                "  name: open-webui\n",
                "  name: open-webui\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim-service\n",
            ),
        ],
        "infrastructure/storage/efs.yaml": [('  gid: "2000"\n', '  gid: "2000"\nreclaimPolicy: Retain\n')],
        "models/nimcache.yaml": [
            ("        engine: tensorrt_llm\n", '        engine: tensorrt_llm\n        tensorParallelism: "2"\n'),
        ],
        "apps/chat.yaml": [("open-webui:main", "open-webui:v0.6.32")],
        "apps/embedding.yaml": [
            (
                "      imagePullSecrets:\n",
                "      nodeSelector:\n        karpenter.sh/nodepool: g6\n      tolerations:\n        - key: nvidia.com/gpu\n"
                "          operator: Exists\n          effect: NoSchedule\n      imagePullSecrets:\n",
            ),
        ],
    }
    for path in sorted(REPOSITORY.rglob("*.yaml")):
        name = path.relative_to(REPOSITORY).as_posix()
        text = path.read_text(encoding="utf-8")
        for old, new in fixes.pop(name, []):
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert not fixes
    # The keys are made by hand, as the blueprint says.
    (tmp_path / "nimfleet.toml").write_text(
        '[[external]]\nkind = "Secret"\nname = "ngc-*"\nnamespace = "nim-service"\n', encoding="utf-8"
    )
    report = validate(tmp_path, root=tmp_path)
    assert not report.findings, [str(item) for item in report.findings]
