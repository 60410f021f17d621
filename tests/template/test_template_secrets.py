"""`make secrets`: what reaches kubectl, sops and aws, and that the key is never an argument or a plain file."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from template_support import run

KEY = "nvapi-0123_abc-XYZ"
TOOL = """#!/bin/sh
echo "{name} $*" >> "{log}.calls"
if [ "$1 $2" = "secretsmanager describe-secret" ] || [ "$1 $2" = "get namespace" ]; then exit {exists}; fi
case "$*" in
  *"/dev/stdin"*|*"-f -"*) cat >> "{log}.{name}"; echo --- >> "{log}.{name}";;
esac
{more}
"""


class Tools:
    """Stand-ins for kubectl, sops and aws that keep what they get."""

    def __init__(self, folder: Path, fleet: Path) -> None:
        self.folder = folder
        self.fleet = fleet
        self.log = folder / "log"
        self.key = folder / "key"
        self.key.write_text(KEY + "\n", encoding="utf-8")
        for name in ("kubectl", "aws"):
            self.write(name, exists=1)
        self.write("sops", more="echo ENCRYPTED")

    def write(self, name: str, *, exists: int = 0, more: str = ":") -> None:
        tool = self.folder / name
        tool.write_text(TOOL.format(name=name, log=self.log, exists=exists, more=more), encoding="utf-8")
        tool.chmod(0o755)

    def run(self, *arguments: str, **env: str) -> Any:
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "NGC_API_KEY_FILE": str(self.key), **env}
        return run(["sh", ".nimfleet/secrets.sh", *arguments], self.fleet, env=environment, check=False)

    @property
    def calls(self) -> list[str]:
        return Path(f"{self.log}.calls").read_text("utf-8").splitlines()

    def got(self, name: str) -> str:
        return Path(f"{self.log}.{name}").read_text("utf-8")


@pytest.fixture
def tools(fleet: Path, tmp_path: Path) -> Tools:
    folder = tmp_path / "tools"
    folder.mkdir()
    return Tools(folder, fleet)


def choose(fleet: Path, method: str, extra: str = "") -> None:
    path = fleet / "clusters/dev/environment.yaml"
    text = path.read_text("utf-8")
    assert text.count("  method: manual\n") == 1
    path.write_text(text.replace("  method: manual\n", f"  method: {method}\n{extra}"), encoding="utf-8")


def check_secrets(text: str, namespace: str, pull: str, auth: str) -> None:
    first, second = [document for document in yaml.safe_load_all(text) if document]
    assert first["metadata"] == {"name": pull, "namespace": namespace}
    assert first["type"] == "kubernetes.io/dockerconfigjson"
    registry = json.loads(first["stringData"][".dockerconfigjson"])["auths"]["nvcr.io"]
    token = base64.b64encode(f"$oauthtoken:{KEY}".encode()).decode()
    assert registry == {"username": "$oauthtoken", "password": KEY, "auth": token}
    assert second["metadata"] == {"name": auth, "namespace": namespace}
    assert second["stringData"] == {"NGC_API_KEY": KEY}


def test_manual_applies_both_secrets(tools: Tools) -> None:
    result = tools.run("dev")
    assert result.returncode == 0, result.stderr
    check_secrets(tools.got("kubectl"), "nim-service", "ngc-secret", "ngc-api-secret")
    assert tools.calls == [
        "kubectl get namespace nim-service",
        "kubectl create namespace nim-service",
        "kubectl apply --server-side -f -",
        "kubectl apply --server-side -f -",
    ]
    assert KEY not in result.stdout + result.stderr


def test_names_come_from_the_environment(fleet: Path, tools: Tools) -> None:
    choose(fleet, "manual", "  pullSecret: pull\n  authSecret: 'auth'  # ours\n")
    path = fleet / "clusters/dev/environment.yaml"
    path.write_text(path.read_text("utf-8") + "namespace: nim\n", encoding="utf-8")
    assert tools.run("dev").returncode == 0
    check_secrets(tools.got("kubectl"), "nim", "pull", "auth")


def test_sops_leaves_only_encrypted_files(fleet: Path, tools: Tools) -> None:
    choose(fleet, "sops")
    (fleet / ".sops.yaml").write_text("creation_rules: []\n", encoding="utf-8")
    assert tools.run("dev").returncode == 0
    folder = fleet / "clusters/dev/custom/secrets"
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.name != "kustomization.yaml"} == {
        "ngc-secret.yaml": "ENCRYPTED\n",
        "ngc-api-secret.yaml": "ENCRYPTED\n",
    }
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    assert kustomization["resources"] == ["ngc-api-secret.yaml", "ngc-secret.yaml"]
    check_secrets(tools.got("sops"), "nim-service", "ngc-secret", "ngc-api-secret")
    assert all(f"--filename-override {folder.relative_to(fleet)}/" in call for call in tools.calls)


def test_a_failing_sops_leaves_nothing(fleet: Path, tools: Tools) -> None:
    choose(fleet, "sops")
    (fleet / ".sops.yaml").write_text("creation_rules: []\n", encoding="utf-8")
    tools.write("sops", more="exit 1")
    assert tools.run("dev").returncode != 0
    assert list((fleet / "clusters/dev/custom/secrets").iterdir()) == []


@pytest.mark.parametrize(
    ("exists", "verb"),
    [(1, "create-secret --name nvidia-nim-eks/ngc"), (0, "put-secret-value --secret-id nvidia-nim-eks/ngc")],
)
def test_external_secrets_stores_the_key_once(fleet: Path, tools: Tools, exists: int, verb: str) -> None:
    choose(fleet, "external-secrets")
    tools.write("aws", exists=exists)
    assert tools.run("dev").returncode == 0
    assert tools.calls[-1] == f"aws secretsmanager {verb} --region us-west-2 --secret-string file:///dev/stdin"
    assert json.loads(tools.got("aws").removesuffix("---\n")) == {"NGC_API_KEY": KEY}


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        ((), {}, "say which environment: make secrets ENV=dev"),
        (("qa",), {}, "there is no clusters/qa/environment.yaml"),
        (("dev",), {"NGC_API_KEY_FILE": ""}, "no terminal to ask for the key"),
        (("dev",), {"NGC_API_KEY_FILE": "/dev/null"}, "the key is empty"),
        (("dev",), {"NGC_API_KEY_FILE": "README.md"}, "the key has characters that no NGC API key has"),
    ],
)
def test_what_is_missing_is_said(tools: Tools, arguments: tuple[str, ...], env: dict[str, str], words: str) -> None:
    result = tools.run(*arguments, **env)
    assert result.returncode == 1
    assert words in result.stderr


def test_sops_wants_a_key_to_encrypt_for(fleet: Path, tools: Tools) -> None:
    choose(fleet, "sops")
    result = tools.run("dev")
    assert result.returncode == 1
    assert "there is no .sops.yaml" in result.stderr
