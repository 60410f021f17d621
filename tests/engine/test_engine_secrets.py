"""Stage secrets: which files it looks at, and that no report, cache or exception says a secret."""

from __future__ import annotations

import base64
import json
import random
import string
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet import validate
from nimfleet.engine import Report
from nimfleet.report.formats import Format, render
from nimfleet.rules.docs import rule_infos
from nimfleet.rules.registry import Rule, rules_about
from nimfleet.rules.subjects import HalfObject

Write = Callable[[Mapping[str, str]], Path]
RULES = rule_infos()
KEY = "nvapi-" + "".join(random.Random(3).choices(string.ascii_letters + string.digits, k=64))  # noqa: S311
PASSWORD = "Zq7wTn3kLp9vRx2m"
CONFIG_MAP = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: nim\ndata:\n  {}\n"
SECRET = "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: ngc\n  namespace: nim\nstringData:\n  {}: {}\n"


def found(report: Report) -> list[tuple[str, str, int]]:
    return [(f.rule, f.file, f.line) for f in report.findings if f.rule.startswith("secret/")]


def everything(report: Report) -> str:
    return "".join(render(format, report, RULES) for format in Format)


def silent(report: Report, *values: str) -> None:
    """No format says a part of a value, nor its base64."""
    said = everything(report)
    for value in values:
        hidden = value.removeprefix("nvapi-")
        for form in (hidden, base64.b64encode(value.encode()).decode()):
            parts = {form[start : start + 6] for start in range(len(form) - 5)}
            assert not [part for part in parts if part in said]


HEAD = "---\napiVersion: v1\nkind: {}\nmetadata:\n  name: a\n"
MAP, POD, SERVICE = HEAD.format("ConfigMap"), HEAD.format("Pod"), HEAD.format("Service")
DATA = SECRET.replace("stringData", "data")
LINE = KEY.removeprefix("nvapi-")
PEM = f"-----BEGIN PRIVATE KEY-----\n{LINE}\n{LINE}\n-----END PRIVATE KEY-----"
LEAKS = {
    "comment": f"---\n# key: {KEY}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
    "neighbour of another fault": f"{MAP}extra: {KEY}\ndata:\n  x: {PASSWORD}\n  password: {PASSWORD}\n",
    "line of another fault": f'{POD}spec: {{containers: [{{name: a, image: b, ports: "{KEY}"}}]}}\n',
    "key of a mapping": f"{MAP}{KEY}: x\n",
    "unknown field": f"{SERVICE}spec:\n  ports:\n    - port: 80\n      password: {PASSWORD}\n",
    "wrong type": f"{SERVICE}spec:\n  ports: {{password: {PASSWORD}, port: 80}}\n",
    "twice": f"{MAP}data:\n  password: {PASSWORD}\n  password: {PASSWORD}\n",
    "name": f"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {KEY}\ndata:\n  a: b\n",
    "label": f"{MAP}  labels:\n    token: {PASSWORD}/{KEY}\n",
    "broken yaml": f"---\npassword: {PASSWORD}: {KEY}\n",
    "conflict": f"<<<<<<< {KEY}\na: 1\n",
    "half an object": f"---\nkind: {KEY}\nmetadata:\n  name: a\n",
    "secret": SECRET.format("NGC_API_KEY", KEY) + "extra: 1\n",
    "secret with a word": SECRET.format("anything", PASSWORD) + f"type: [{PASSWORD}]\n",
    "secret in base64": DATA.format("a", base64.b64encode(KEY.encode()).decode()),
    "secret not in base64": DATA.format("a", f"{PASSWORD}!"),
    "block": f"{POD}spec: |\n  {PEM}\n".replace(LINE, f"  {LINE}").replace("\n-----END", "\n  -----END"),
    "docker": SECRET.format(".dockerconfigjson", f'\'{{"auths":{{"a":{{"password":"{PASSWORD}"}}}}}}\''),
    "enum": f"{POD}spec:\n  restartPolicy: {KEY}\n  containers: [{{name: a, image: b, imagePullPolicy: {KEY}}}]\n",
}


@pytest.mark.parametrize("name", LEAKS)
def test_no_report_and_no_cache_says_a_secret(write: Write, name: str) -> None:
    root = write({"a.yaml": LEAKS[name]})
    for _ in range(2):
        report = validate(root, root=root, cache=True)
        assert report.findings
        silent(report, KEY, PASSWORD)
    kept = "".join(path.read_text("utf-8") for path in root.rglob(".nimfleet-cache/*.json"))
    assert kept
    for value in (KEY.removeprefix("nvapi-"), PASSWORD):
        assert not any(value[start : start + 6] in kept for start in range(len(value) - 5))


def test_no_crash_says_a_secret(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(subject: HalfObject) -> list[object]:
        raise KeyError(subject.document.value["kind"])

    [rule] = rules_about(HalfObject)
    broken = Rule(rule.name, rule.severity, rule.source, rule.subject, rule.page, crash)  # type: ignore[arg-type] # crashes
    monkeypatch.setattr(
        "nimfleet.engine.runner.rules_about",
        lambda subject: [broken] if subject is HalfObject else rules_about(subject),
    )
    root = write({"a.yaml": LEAKS["half an object"]})
    report = validate(root, root=root, only=["parse"])
    assert [finding.rule for finding in report.findings] == ["internal/rule-crashed"]
    silent(report, KEY)


def test_suppressed_findings_say_no_secret_either(write: Write) -> None:
    ignore = "# nimfleet: ignore secret/ngc-key -- revoked long ago\n"
    root = write({"a.yaml": CONFIG_MAP.format(f"a: {KEY} {ignore}")})
    report = validate(root, root=root)
    assert found(report) == []
    assert len(report.suppressed) == 1
    silent(report, KEY)


FILES = {
    ".env": f"PASSWORD={PASSWORD}\n",
    "config/prod.env": f"\nNGC_API_KEY={PASSWORD}\n",
    "settings.json": f'{{\n  "apiKey": "{PASSWORD}"\n}}\n',
    "settings.toml": f'token = "{PASSWORD}"\n',
    "run.sh": f"#!/bin/sh\nexport HF_TOKEN={PASSWORD}\n",
    "Makefile": f"deploy:\n\tTOKEN={PASSWORD} ./run.sh\n",
    "README.md": f"# Use\n\nThe password: {PASSWORD}\nThe key: {KEY}\n",
    "main.py": f'password = "{PASSWORD}"\nkey = "{KEY}"\n',
    ".github/workflows/ci.yaml": f"env:\n  NGC_API_KEY: {KEY}\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
    "chart/templates/a.yaml": f"a: {{{{ .x }}}}\nb: {KEY}\npassword: {{{{ .password }}}}\n",
    "id_ed25519": PEM,
    "node_modules/a/key.txt": KEY,
    ".venv/key.txt": KEY,
    ".nimfleet-cache/key.txt": KEY,
}


def test_all_text_files_are_looked_at(write: Write) -> None:
    root = write({"ok.yaml": CONFIG_MAP.format("a: b"), **FILES})
    (root / "image.bin").write_bytes(b"\0" + KEY.encode())
    (root / "large.txt").write_text("x" * (1 << 20) + KEY)
    (root / "link.txt").symlink_to(root / "README.md")
    report = validate(root, root=root, only=["secrets"])
    assert found(report) == [
        ("secret/plain-value", ".env", 1),
        ("secret/ngc-key", ".github/workflows/ci.yaml", 2),
        ("secret/plain-value", "Makefile", 2),
        ("secret/ngc-key", "README.md", 4),
        ("secret/ngc-key", "chart/templates/a.yaml", 2),
        ("secret/plain-value", "config/prod.env", 2),
        ("secret/private-key", "id_ed25519", 1),
        ("secret/ngc-key", "main.py", 2),
        ("secret/plain-value", "run.sh", 2),
        ("secret/plain-value", "settings.json", 2),
        ("secret/plain-value", "settings.toml", 1),
    ]
    stage = next(stage for stage in report.stages if stage.name == "secrets")
    assert "1 larger than 1 MiB not read" in stage.detail
    assert stage.unchecked == 1
    silent(report, KEY, PASSWORD)


def test_only_the_folders_asked_for_are_looked_at(write: Write) -> None:
    root = write({"a/ok.yaml": CONFIG_MAP.format("a: b"), "a/.env": FILES[".env"], "b/.env": FILES[".env"]})
    assert found(validate(root / "a", root=root)) == [("secret/plain-value", "a/.env", 1)]
    assert found(validate(root / "a" / "ok.yaml", root=root)) == []


def test_excluded_files_are_not_looked_at(write: Write) -> None:
    root = write(
        {"ok.yaml": CONFIG_MAP.format("a: b"), "x/.env": FILES[".env"], "nimfleet.toml": 'exclude = ["x/**"]\n'}
    )
    assert found(validate(root, root=root)) == []


def test_what_git_ignores_is_not_in_the_repository(write: Write) -> None:
    root = write(
        {
            "ok.yaml": CONFIG_MAP.format("a: b"),
            ".gitignore": "*.agekey\n.env\nlocal.yaml\n",
            ".env": FILES[".env"],
            "dev.agekey": KEY,
            "forced.agekey": KEY,
            "local.yaml": SECRET.format("a", PASSWORD),
        }
    )
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-f", "forced.agekey"], check=True)
    report = validate(root, root=root)
    assert found(report) == [("secret/ngc-key", "forced.agekey", 1)]
    assert "3 files with secrets ignored by git" in next(s.detail for s in report.stages if s.name == "secrets")


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("clusters/dev/custom/secrets/a.yaml", "secret/not-encrypted"),
        ("clusters/dev/custom/models/a.yaml", "secret/plain-secret"),
    ],
)
def test_the_nearest_sops_yaml_decides(write: Write, path: str, rule: str) -> None:
    config = (
        "creation_rules:\n  - path_regex: ^custom/secrets/\n    encrypted_regex: ^(data|stringData)$\n    age: age1x\n"
    )
    root = write({path: SECRET.format("a", PASSWORD), "clusters/dev/.sops.yaml": config})
    assert found(validate(root, root=root, only=["secrets"])) == [(rule, path, 8)]


def test_a_remembered_report_knows_what_git_tracks(write: Write) -> None:
    root = write({"ok.yaml": CONFIG_MAP.format("a: b"), ".gitignore": ".env\n", ".env": FILES[".env"]})
    git = ["git", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    for _ in range(2):
        assert found(validate(root, root=root, cache=True)) == []
    subprocess.run([*git, "add", "-f", ".env"], check=True)
    for _ in range(2):
        assert found(validate(root, root=root, cache=True)) == [("secret/plain-value", ".env", 1)]


def test_one_finding_a_secret_value(write: Write) -> None:
    auth = base64.b64encode(f"$oauthtoken:{KEY}".encode()).decode()
    docker = json.dumps({"auths": {"nvcr.io": {"username": "$oauthtoken", "password": KEY, "auth": auth}}})
    encoded = base64.b64encode(docker.encode()).decode()
    root = write(
        {
            "a.yaml": SECRET.format(".dockerconfigjson", f"'{docker}'"),
            "b.yaml": SECRET.replace("stringData", "data").format(".dockerconfigjson", encoded),
            "c.json": docker,
            "d.yaml": SECRET.format("password", PASSWORD),
            "e.yaml": SECRET.format("alertmanager.yaml", f"|\n    a: {{{{ .b }}}}\n    smtp_auth_password: {PASSWORD}"),
            "g.yaml": SECRET.format("tls.key", "|\n    " + PEM.replace("\n", "\n    ")),
            "h.yaml": DATA.format("tls.key", base64.b64encode(PEM.encode()).decode()),
            "i.yaml": CONFIG_MAP.format("tls.key: |\n    " + PEM.replace("\n", "\n    ")),
            "f.yaml": SECRET.format("url", f"https://example.com/?access_token={PASSWORD}"),
        }
    )
    report = validate(root, root=root, only=["secrets"])
    assert found(report) == [
        ("secret/ngc-key", "a.yaml", 8),
        ("secret/ngc-key", "b.yaml", 8),
        ("secret/ngc-key", "c.json", 1),
        ("secret/plain-secret", "d.yaml", 8),
        ("secret/plain-secret", "e.yaml", 8),
        ("secret/plain-secret", "f.yaml", 8),
        ("secret/private-key", "g.yaml", 9),
        ("secret/private-key", "h.yaml", 8),
        ("secret/private-key", "i.yaml", 9),
    ]
    silent(report, KEY, PASSWORD)


@pytest.mark.parametrize("value", ["[]", "7", "null", "{a: {b: [c]}}", "text", "{? [a] : b}", '{"": ""}'])
@pytest.mark.parametrize("field", ["data", "stringData", "spec", "metadata", "sops"])
def test_odd_shapes_are_nothing_to_crash_on(write: Write, field: str, value: str) -> None:
    text = ""
    for kind in ("Secret", "SealedSecret", "ExternalSecret", "ClusterExternalSecret"):
        part = f"---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: a}}\n"
        text += part.replace("{name: a}", value) if field == "metadata" else part + f"{field}: {value}\n"
        spec = f"data: {value}, target: {{template: {{data: {value}}}}}, encryptedData: {value}"
        text += f"---\napiVersion: external-secrets.io/v1\nkind: {kind}\nspec: {{{spec}}}\n"
    config = f"creation_rules: {value}\n"
    entry = f"{{literals: {value}, envs: {value}, files: {value}}}"
    generator = f"secretGenerator: {value}\n---\nsecretGenerator: [{value}, {entry}]\n"
    root = write({"a.yaml": text, ".sops.yaml": config, "k/kustomization.yaml": generator})
    report = validate(root, root=root, only=["secrets"])
    assert not [f for f in report.findings if f.rule.startswith("internal/")]


def test_a_secret_generator_is_asked_for_its_files(write: Write) -> None:
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsecretGenerator:\n  - name: a\n"
    root = write(
        {
            "a/kustomization.yaml": f"{head}    envs: [a.properties]\n",
            "a/a.properties": f"# comment\nusername=admin\nanything={PASSWORD}\n",
            "b/kustomization.yaml": f"{head}    env: b.env\n",
            "b/b.env": f"PASSWORD={PASSWORD}\n",
            "c/kustomization.yaml": f"{head}    files: [.dockerconfigjson=c.json, ../../outside, missing]\n",
            "c/c.json": '{"auths": {"a": {"password": "changeme"}}}',
            "d/kustomization.yaml": f"{head}    files: [d.enc]\n",
            "d/d.enc": "ENC[AES256_GCM,data:x]",
        }
    )
    assert found(validate(root, root=root, only=["secrets"])) == [
        ("secret/secret-generator", "a/kustomization.yaml", 5),
        ("secret/plain-value", "b/b.env", 1),
    ]


def test_very_many_secrets_in_one_file_are_no_trouble(write: Write) -> None:
    many = "".join(
        f"  k{number}: {PASSWORD}{number}\n  password{number}: {PASSWORD}{number}\n" for number in range(4_000)
    )
    listed = "".join(f"    password: {PASSWORD}{number}\n" for number in range(4_000))
    small = "".join(SECRET.format("password", f"{PASSWORD}{number}") for number in range(400))
    head = SECRET.partition("  {}")[0]
    root = write({"a.yaml": head + many, "b.yaml": CONFIG_MAP.format("a: |") + listed, "c.yaml": small})
    report = validate(root, root=root, only=["secrets"])
    rules = [(rule, file) for rule, file, _ in found(report)]
    assert rules.count(("secret/plain-secret", "a.yaml")) == 1
    assert rules.count(("secret/plain-value", "b.yaml")) == 4_000
    assert rules.count(("secret/plain-secret", "c.yaml")) == 400
    assert "and 7995 more in plain text" in report.findings[0].message
