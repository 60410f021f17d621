"""Input that wants to crash, hang, exhaust or trick: a clear finding, and nothing from outside of the repository."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nimfleet import validate
from nimfleet.engine import Report, Status
from nimfleet.errors import UsageError
from nimfleet.repository import build, files

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim\n"
SENTINEL = "sentinel-3b1f"
PROJECT = Path(__file__).resolve().parents[2]
needs_kustomize = pytest.mark.skipif(
    not (shutil.which("kustomize") or shutil.which("kustomize", path=str(PROJECT / ".bin"))),
    reason="kustomize is not installed",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one good file, beside things that are none of its business."""
    (tmp_path / "secret").write_text(f"{SENTINEL}\n", encoding="utf-8")
    outside = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {SENTINEL}\n"
    (tmp_path / "outside.yaml").write_text(outside, encoding="utf-8")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [../outside.yaml]\n", encoding="utf-8")
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "ok.yaml").write_text(NAMESPACE, encoding="utf-8")
    return folder.resolve()


def put(root: Path, name: str, content: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def judged(root: Path, *, skip: tuple[str, ...] = ("style", "second-opinion")) -> Report:
    report = validate(root, root=root, skip=skip)
    assert not [stage for stage in report.stages if stage.detail.startswith("broke off")]
    assert not [finding for finding in report.findings if finding.rule.startswith("internal/")]
    text = f"{report.findings} {report.stages}"
    assert SENTINEL not in text
    return report


def rules(report: Report, file: str) -> set[str]:
    return {finding.rule for finding in report.findings if finding.file == file}


def bomb() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(9)]
    return "\n".join(lines)


TEXTS: dict[str, tuple[str | bytes, str, str]] = {
    "alias bomb": (bomb(), "yaml/syntax", "excessive aliasing"),
    "anchor in itself": ("a: &a [*a]", "yaml/syntax", "contains itself"),
    "deep flow": ("a: " + "[" * 10_000 + "]" * 10_000, "yaml/syntax", "nesting depth"),
    "deep open flow": ("[" * 1_000_000, "yaml/syntax", "nesting depth"),
    "deep mappings": ("{a: " * 100_000, "yaml/syntax", "nested deeper"),
    "deep blocks": ("\n".join(" " * i + "a:" for i in range(900)), "yaml/syntax", "nested deeper"),
    "deep lists": ("- " * 900 + "a", "yaml/syntax", "nested deeper"),
    "NUL": (b"a: \x00b\n", "yaml/syntax", "U+0000"),
    "Latin-1": ("a: é".encode("latin-1"), "yaml/unreadable", "byte 0xe9"),
    "UTF-16": (NAMESPACE.encode("utf-16"), "yaml/unreadable", "UTF-16"),
    "binary": (bytes(range(256)) * 500, "yaml/unreadable", "not UTF-8"),
    "documents": ("---\na: 1\n" * 1_000_000, "yaml/syntax", "more than 100000 documents"),
    "keys set twice": ("a: 1\n" * 50_000, "yaml/duplicate-key", "already set on line 1"),
    "surrogate": (b"a: \xed\xa0\x80", "yaml/unreadable", "not UTF-8"),
    "number": ("a: !!int 1e999\nb: .inf", "yaml/syntax", ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_that_is_no_manifest_is_one_finding(root: Path, name: str) -> None:
    content, rule, words = TEXTS[name]
    put(root, "x.yaml", content)
    report = judged(root)
    found = [finding for finding in report.findings if finding.file == "x.yaml" and finding.rule == rule]
    assert 1 <= len(found) <= 100
    assert words in found[0].message
    assert next(stage for stage in report.stages if stage.name == "schema").checked == 1


@pytest.mark.parametrize(
    "content",
    [
        ("\ufeff" + NAMESPACE).encode(),
        NAMESPACE.replace("\n", "\r\n").encode(),
        (NAMESPACE + f"  annotations: {{a: {'x' * 200_000}}}\n").encode(),
        b"---\n" * 99_000 + NAMESPACE.encode(),
    ],
    ids=["byte order mark", "CRLF", "long line", "empty documents"],
)
def test_text_that_is_odd_but_a_manifest_is_checked(root: Path, content: bytes) -> None:
    put(root, "x.yaml", content)
    report = judged(root)
    assert rules(report, "x.yaml") == set()
    assert next(stage for stage in report.stages if stage.name == "schema").checked == 2


def test_a_tag_runs_nothing(root: Path) -> None:
    put(root, "x.yaml", f'a: !!python/object/apply:os.system ["touch {root}/owned"]\n')
    judged(root)
    assert not (root / "owned").exists()


def test_a_huge_file_is_not_read(root: Path) -> None:
    with put(root, "x.yaml", "a: ").open("ab") as stream:
        stream.truncate(100 * 1024 * 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert rules(judged(root), "x.yaml") == {"yaml/unreadable"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_a_large_file_is_not_linted(root: Path) -> None:
    put(root, "x.yaml", "a: " + "x" * 15_000_000)
    report = judged(root, skip=("second-opinion",))
    assert "1 larger than 512 KiB not linted" in next(s.detail for s in report.stages if s.name == "style")


def test_what_is_not_a_regular_file_is_never_opened_for_long(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(root / "pipe.yaml")
    (root / "folder.yaml").mkdir()
    (root / "loop.yaml").symlink_to("loop.yaml")
    (root / "zero.yaml").symlink_to("/dev/zero")
    (root / "self").symlink_to(".")
    (root / "up").symlink_to("..")
    (root / "gone.yaml").symlink_to("nowhere.yaml")
    (root / "secret.yaml").symlink_to("../secret")
    monkeypatch.chdir(root)  # the names of sockets are short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.yaml")
        report = judged(root)
    unreadable = {finding.file for finding in report.findings if finding.rule == "yaml/unreadable"}
    assert unreadable == {
        "gone.yaml",
        "loop.yaml",
        "pipe.yaml",
        "secret.yaml",
        "socket.yaml",
        "up",
        "zero.yaml",
    }


OUTSIDE = {
    "resources": "resources: [../outside.yaml]",
    "resources in capitals": "RESOURCES: [../outside.yaml]",
    "absolute": "resources: [/etc/hostname]",
    "around the corner": "resources: [x/../../outside.yaml]",
    "bases": "bases: [../base]",
    "a base": "resources: [../base]",
    "components": "components: [../base]",
    "patches": "patches: [{path: ../outside.yaml}]",
    "patches, other case": "patches: [{Path: ../outside.yaml}]",
    "patchesStrategicMerge": "patchesStrategicMerge: [../outside.yaml]",
    "patchesJson6902": "patchesJson6902: [{path: ../outside.yaml, target: {version: v1, kind: Pod, name: x}}]",
    "generators": "generators: [../outside.yaml]",
    "transformers": "transformers: [../outside.yaml]",
    "validators": "validators: [../outside.yaml]",
    "configurations": "configurations: [../outside.yaml]",
    "crds": "crds: [../outside.yaml]",
    "openapi": "openapi: {path: ../outside.yaml}",
    "replacements": "replacements: [{path: ../outside.yaml}]",
    "files": "configMapGenerator: [{name: x, files: [../secret]}]",
    "files with a key": "configMapGenerator: [{name: x, files: [k=../secret]}]",
    "files, other case": "configMapgenerator: [{name: x, Files: [../secret]}]",
    "envs": "secretGenerator: [{name: x, envs: [../secret]}]",
    "env": "secretGenerator: [{name: x, env: ../secret}]",
    "a link": "configMapGenerator: [{name: x, files: [link]}]",
    "a linked folder": "resources: [linked]",
    "a plugin": "generators: [plugin.yaml]",
    "a plugin inline": "generators:\n- |\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: g}\n"
    "  files: [../secret]",
    "a plugin's absolute path": "transformers:\n- |\n  apiVersion: builtin\n  kind: SecretGenerator\n"
    "  metadata: {name: g}\n  envs: [/etc/hostname]",
    "a folder of plugins": "generators: [plugins]",
}


@needs_kustomize
@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_outside_of_the_repository_is_built(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "link").symlink_to("../secret")
    (root / "linked").symlink_to("../base")
    plugin = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata:\n  name: g\nfiles: [k=../secret]\n"
    put(root, "plugin.yaml", plugin)
    put(root, "plugins/g.yaml", plugin)
    put(root, "plugins/kustomization.yaml", "kind: Component\nresources: [g.yaml]\n")
    put(root, "kustomization.yaml", OUTSIDE[name])
    monkeypatch.setattr(build, "_kustomize", lambda *_: pytest.fail("kustomize was run"))
    assert rules(judged(root), "kustomization.yaml") == {"build/outside-repository"}


REMOTE = [
    "https://example.com/x.yaml",
    "git@github.com:a/b.git",
    "github.com/a/b?ref=v1",
    "github.com/a/b//c",
    "ssh://git@example.com/y",
    "git::https://example.com/y",
    "file:///etc",
    "example.com/a/b//c",
    "s3::https://example.com/x",
]


@needs_kustomize
@pytest.mark.parametrize(
    "line",
    [f'resources: ["{target}"]' for target in REMOTE]
    + [
        "components: ['https://example.com/x']",
        "helmCharts: [{name: x, repo: 'https://example.com', version: 1.0.0}]",
        "HelmCharts: [{name: x}]",
        "openapi: {path: 'https://example.com/x.json'}",
        "generators:\n- |\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: g}\n"
        "  files: ['https://example.com/x']",
    ],
)
def test_nothing_is_fetched(root: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "kustomization.yaml", line)
    monkeypatch.setattr(build, "_kustomize", lambda *_: pytest.fail("kustomize was run"))
    assert rules(judged(root), "kustomization.yaml") == {"build/remote-base"}


@needs_kustomize
@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"kustomization.yaml": "resources: [.]\n"}, "kustomization.yaml"),
        (
            {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"},
            "a/kustomization.yaml",
        ),
        ({"kustomization.yaml": "generators: [g.yaml]\n", "g.yaml": "EXEC"}, "kustomization.yaml"),
        ({"kustomization.yaml": "resources: [ok.yaml, ok.yaml]\n"}, "kustomization.yaml"),
    ],
    ids=["itself", "circle", "exec plugin", "twice"],
)
def test_what_kustomize_refuses_is_told(root: Path, files: dict[str, str], where: str) -> None:
    plugin = (
        "apiVersion: x/v1\nkind: Gen\nmetadata:\n  name: g\n  annotations:\n"
        "    config.kubernetes.io/function: |\n      exec:\n        path: ./run.sh\n"
    )
    script = put(root, "run.sh", f"#!/bin/sh\ntouch {root}/owned\n")
    script.chmod(0o755)
    for name, content in files.items():
        put(root, name, content.replace("EXEC", plugin))
    assert "build/failed" in rules(judged(root), where)
    assert not (root / "owned").exists()


@needs_kustomize
@pytest.mark.parametrize("name", ["pipe", "large"])
def test_kustomize_is_not_given_what_never_ends(root: Path, name: str) -> None:
    os.mkfifo(root / "pipe")
    with put(root, "large", "").open("ab") as stream:
        stream.truncate(100 * 1024 * 1024)
    put(root, "kustomization.yaml", f"configMapGenerator: [{{name: x, files: [{name}]}}]\n")
    assert rules(judged(root), "kustomization.yaml") == {"build/missing-path"}


def tool(root: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = root.parent / "tools"
    put(folder, name, f"#!/bin/sh\n{script}\n").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exec sleep 60", "did not finish within 1 seconds"),
        ("exec yes", "wrote more than"),
        ("yes >&2 & sleep 0.2; kill $!; exit 3", "kustomize cannot build `.`"),
        ("exit 4", "ended with exit code 4"),
        ("printf '\\200\\000'", "is not valid YAML"),
    ],
    ids=["hangs", "endless", "endless error", "silent", "binary"],
)
def test_a_kustomize_that_behaves_badly(root: Path, script: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "TIMEOUT_SECONDS", 1)
    monkeypatch.setattr(build, "MAX_OUTPUT", 1 << 20)
    tool(root, "kustomize", script, monkeypatch)
    put(root, "kustomization.yaml", "resources: [ok.yaml]\nnamePrefix: a-\n")
    (finding,) = judged(root).findings
    assert (finding.rule, finding.file) == ("build/failed", "kustomization.yaml")
    assert words in finding.message


@needs_kustomize
def test_a_kustomization_that_nimfleet_cannot_read_is_not_built(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "deep/kustomization.yaml", "resources: [../../outside.yaml]\nresources: [../ok.yaml]\n")
    put(root, "env/kustomization.yaml", "resources: [../deep]\n")
    monkeypatch.setattr(build, "_kustomize", lambda *_: pytest.fail("kustomize was run"))
    assert rules(judged(root), "deep/kustomization.yaml") >= {"yaml/duplicate-key"}
    report = validate(root / "env", root=root, only=["build"])
    assert [(finding.rule, finding.file) for finding in report.findings if "cannot be read" in finding.message] == [
        ("build/failed", "deep/kustomization.yaml")
    ]


CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: foos.x.io
spec:
  group: x.io
  names: {{kind: Foo, plural: foos}}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                text: {{type: string, pattern: "{}"}}
"""


@pytest.mark.parametrize(("pattern", "rule"), [("^(a+)+$", "schema/pattern"), ("(?=x)y", "schema/no-schema")])
def test_patterns_of_the_repository_take_linear_time(root: Path, pattern: str, rule: str) -> None:
    put(root, "crd.yaml", CRD.format(pattern))
    put(root, "x.yaml", f"apiVersion: x.io/v1\nkind: Foo\nmetadata:\n  name: a\nspec:\n  text: {'a' * 50_000}!\n")
    assert rules(judged(root), "x.yaml") == {rule}


@pytest.mark.parametrize(
    "content", ["extends: ../secret\n", "extends: /etc/hostname\n", "ignore-from-file: /etc/passwd\n"]
)
def test_the_configuration_of_yamllint_stays_inside(root: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    put(root, ".yamllint", content)
    with pytest.raises(UsageError, match="outside the repository"):
        validate(root, root=root, only=["style"])


def test_very_many_files(root: Path) -> None:
    for number in range(3000):
        (root / f"{number}.yaml").write_text("a: 1\n", encoding="utf-8")
    assert next(stage for stage in judged(root).stages if stage.name == "parse").checked == 3001


def test_more_than_memory_holds_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_TOTAL", 1 << 20)
    for number in range(20):
        put(root, f"{number}.yaml", "#" * 60_000)
    with pytest.raises(UsageError, match="more than 1 MiB of YAML"):
        validate(root, root=root)


@pytest.fixture
def no_network() -> Iterator[list[str]]:
    """A command that runs another one without any network."""
    unshare = shutil.which("unshare")
    command = [unshare or "", "--net", "--map-root-user"]
    if unshare is None or subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system cannot take the network away")
    yield command


def test_the_whole_command_needs_no_network(root: Path, no_network: list[str]) -> None:
    shutil.copytree(PROJECT / "clusters" / "dev", root / "clusters" / "dev")
    put(root, "remote/kustomization.yaml", "resources: ['https://example.com/x']\n")
    program = "from nimfleet.cli.main import main; main()"
    command = [*no_network, sys.executable, "-c", program, "validate", "--root", str(root), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "1 error" in done.stdout
    assert "build/remote-base" in done.stdout


def test_a_library_call_opens_no_socket(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    put(root, "kustomization.yaml", "resources: ['https://example.com/x', ok.yaml]\n")
    assert rules(judged(root, skip=()), "kustomization.yaml") == {"build/remote-base"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_told(root: Path) -> None:
    put(root, "x.yaml", NAMESPACE).chmod(0)
    assert rules(judged(root), "x.yaml") == {"yaml/unreadable"}


def test_a_read_only_repository_is_validated(root: Path) -> None:
    root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        report = validate(root, root=root, cache=os.geteuid() != 0)
    finally:
        root.chmod(stat.S_IRWXU)
    assert report.ok
    assert not (root / ".nimfleet-cache").exists()
    assert {stage.status for stage in report.stages} <= {Status.PASSED, Status.SKIPPED, Status.NOT_RUN}
