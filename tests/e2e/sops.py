"""Secrets that SOPS encrypts for an age key, made as the README of a new repository says, with the real programs."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from apiserver import PROJECT, ApiServer
from fleet import FLUX_NAMESPACE, Repository
from fresh import fresh

ENVIRONMENT = "sops"
PACKAGE = "github.com/getsops/sops/v3"
ANSWERS = """\
git_url: {url}
environment: sops
region: us-east-1
zones: us-east-1a, us-east-1b
models:
  - nvidia/llama-3.1-nemotron-nano-8b-v1
pools: [g6]
efs_file_system_id: fs-0fedcba9876543210
secrets_method: sops
sops_age_recipient: {recipient}
"""


def version(module: str, package: str) -> str:
    """The version of a package that tools/e2e/``module`` is built with."""
    text = (PROJECT / "tools" / "e2e" / module / "go.mod").read_text("utf-8")
    return text.partition(f"\t{package} v")[2].split()[0]


def program(name: str) -> Path:
    """``sops`` or ``age-keygen``, which ``tools/e2e/build.sh flux`` builds."""
    path = PROJECT / ".cache" / "e2e" / "sops" / version("sops", PACKAGE) / name
    assert path.exists(), f"{name} is not built: run tools/e2e/build.sh flux"
    return path


@dataclass(frozen=True, slots=True)
class AgeKey:
    """A key in ``file``, whose public half is ``recipient``."""

    file: Path
    recipient: str

    @classmethod
    def at(cls, file: Path) -> AgeKey:
        """A new one."""
        keygen = str(program("age-keygen"))
        subprocess.run([keygen, "-o", str(file)], check=True, capture_output=True)
        shown = subprocess.run([keygen, "-y", str(file)], check=True, capture_output=True, text=True)
        return cls(file, shown.stdout.strip())

    def hand_over(self, server: ApiServer, name: str = "sops-age") -> None:
        """``kubectl -n flux-system create secret generic sops-age --from-file=age.agekey=FILE``."""
        data = {"age.agekey": base64.b64encode(self.file.read_bytes()).decode()}
        value = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "Opaque", "data": data}
        answer = server.post(f"/api/v1/namespaces/{FLUX_NAMESPACE}/secrets", value)
        assert answer.status == 201, answer.message


class Vault:
    """A repository with method sops: the key of NGC that its secrets hold, and the age key they are encrypted for."""

    def __init__(self) -> None:
        self.ngc = f"nvapi-{secrets.token_urlsafe(48)}"
        self._age: AgeKey | None = None

    @property
    def age(self) -> AgeKey:
        """Made with the repository, and kept beside it."""
        assert self._age is not None
        return self._age

    def make(self, folder: Path, url: str) -> None:
        """Answer copier's questions, and ``make secrets``."""
        self._age = AgeKey.at(folder.parent / "age.agekey")
        fresh(folder, ANSWERS.format(url=url, recipient=self._age.recipient))
        done = make_secrets(folder, self.ngc)
        assert done.returncode == 0, done.stderr

    def contents(self) -> Mapping[str, tuple[str, Mapping[str, str]]]:
        """Type and data of the secrets that models need, by name."""
        auth = base64.b64encode(f"$oauthtoken:{self.ngc}".encode()).decode()
        entry = f'{{"username":"$oauthtoken","password":"{self.ngc}","auth":"{auth}"}}'
        pull = {".dockerconfigjson": f'{{"auths":{{"nvcr.io":{entry}}}}}'}
        return {
            "ngc-api-secret": ("Opaque", {"NGC_API_KEY": self.ngc}),
            "ngc-secret": ("kubernetes.io/dockerconfigjson", pull),
        }

    def traces(self) -> list[bytes]:
        """What nobody may find: the keys, and what base64 makes of the one of NGC at each of three offsets."""
        private = self.age.file.read_text("utf-8").split()[-1]
        runs = [base64.b64encode(b"\0" * offset + self.ngc.encode())[4:-4] for offset in range(3)]
        return [self.ngc.encode(), private.encode(), *runs]

    def found_in(self, contents: Mapping[str, bytes]) -> list[str]:
        """The names of the contents in which there is a trace."""
        return [name for name, content in contents.items() if any(trace in content for trace in self.traces())]


def make_secrets(folder: Path, ngc: str) -> subprocess.CompletedProcess[str]:
    """``make secrets ENV=sops`` in a repository, with the key of NGC from a file."""
    file = folder.parent / "ngc.key"
    file.write_text(ngc, encoding="utf-8")
    variables = {**_variables(), "NGC_API_KEY_FILE": str(file)}
    variables["PATH"] = f"{program('sops').parent}{os.pathsep}{variables['PATH']}"
    command = ["make", "--no-print-directory", "secrets", f"ENV={ENVIRONMENT}"]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def encrypt(file: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """``sops encrypt --in-place`` of a file in the repository ``folder``, by its .sops.yaml."""
    command = [str(program("sops")), "encrypt", "--in-place", str(file.relative_to(folder))]
    return subprocess.run(command, cwd=folder, env=_variables(), capture_output=True, text=True, check=False)


def committed(repository: Repository) -> bytes:
    """Everything in a repository, of all commits."""
    command = ["git", "cat-file", "--batch", "--batch-all-objects"]
    return subprocess.run(command, cwd=repository.bare, check=True, capture_output=True).stdout


def _variables() -> dict[str, str]:
    """Without what would tell sops other keys."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SOPS_")}
