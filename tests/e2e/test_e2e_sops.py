"""What Flux makes of secrets that SOPS encrypts, well and badly, and what nimfleet says of them beforehand.

Two of an environment's Kustomizations, as they are rendered: the one that makes the namespace, and the secrets'. The tests
share one cluster and run in their order.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sops
from fleet import KUSTOMIZATIONS, Fleet, apply, flux, nimfleet

from nimfleet.engine import validate
from nimfleet.manifest.parse import parse
from nimfleet.secrets.kubernetes import ENCRYPTED

LAYER = "nim-secrets"
NAMESPACE = "nim-service"
API_KEY = "ngc-api-secret"
Change = Callable[[Path, Path], Any]
PLAIN = "Zq7wTn3kLp9vXq"
"""A password of nothing."""


@pytest.fixture(scope="module")
def vault() -> sops.Vault:
    """The keys."""
    return sops.Vault()


@pytest.fixture(scope="module")
def fleet(vault: sops.Vault) -> Iterator[Fleet]:
    """The environment, of which nothing is applied."""
    with flux(sops.ENVIRONMENT, vault.make, {}) as found:
        yield found


def _apply(fleet: Fleet) -> None:
    """What stands in the entry (without the root Kustomization), for sources and for secrets."""
    for name in ("flux-entry.yaml", "flux/sources.yaml", "flux/secrets.yaml"):
        for document in parse((fleet.folder / name).read_text("utf-8"), name).documents:
            value: Any = document.value
            if value["metadata"]["name"] != "flux-system" or value["kind"] == "GitRepository":
                apply(fleet.server, value)
    fleet.wait(lambda: fleet.get(KUSTOMIZATIONS, "Kustomization", LAYER) is not None, 30, "they are there")


def _settled(fleet: Fleet, message: str) -> None:
    """Push, and wait until Flux has applied it."""
    commit = fleet.push(message)
    _apply(fleet)
    fleet.wait(lambda: fleet.applied(LAYER, commit), 60, "the secrets are applied")


def _rules(fleet: Fleet) -> set[str]:
    """The rules with a finding, of `nimfleet validate .`"""
    report = validate(fleet.repository.folder, root=fleet.repository.folder)
    return {finding.rule for finding in report.findings}


def _object(fleet: Fleet, plural: str, name: str) -> Any:
    answer = fleet.server.request("GET", f"/api/v1/namespaces/{NAMESPACE}/{plural}/{name}")
    return answer.body if answer.status == 200 else None


def _data(secret: Any) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def _key(fleet: Fleet) -> str:
    """What models would get as the key of NGC; empty when there is nothing."""
    secret, settings = _object(fleet, "secrets", API_KEY), _object(fleet, "configmaps", API_KEY)
    data: dict[str, str] = _data(secret) if secret is not None else (settings or {}).get("data", {})
    return data.get("NGC_API_KEY", "")


def test_sops_is_the_one_that_flux_decrypts_with() -> None:
    for package in (sops.PACKAGE, "filippo.io/age"):
        assert sops.version("sops", package) == sops.version("kustomize-controller", package)


def test_flux_waits_for_the_age_key(fleet: Fleet) -> None:
    done = nimfleet("validate", "--strict", ".", cwd=fleet.repository.folder, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    commit = fleet.repository.push("Secrets")
    _apply(fleet)
    assert 'secrets "sops-age" not found' in fleet.wait_failed(LAYER, commit)
    assert not _key(fleet)


def test_with_the_key_the_secrets_are_those_that_models_need(fleet: Fleet, vault: sops.Vault) -> None:
    vault.age.hand_over(fleet.server)
    fleet.request(KUSTOMIZATIONS, "Kustomization", LAYER)
    fleet.wait(lambda: fleet.applied(LAYER, fleet.repository.git("rev-parse", "HEAD")), 60, "the secrets are there")
    for name, (kind, data) in vault.contents().items():
        found = _object(fleet, "secrets", name)
        assert found["type"] == kind
        assert _data(found) == data


@dataclass(frozen=True, slots=True)
class Bad:
    """A ``change``, given the repository and the file with the key of NGC. nimfleet finds it with ``rules``; Flux refuses it
    with ``words``, or gives models ``value`` as the key."""

    change: Change
    rules: frozenset[str]
    words: str = ""
    value: str = ""


def _edit(file: Path, pattern: str, text: str) -> None:
    before = file.read_text("utf-8")
    after, count = re.subn(pattern, text, before, flags=re.DOTALL | re.MULTILINE)
    assert count == 1, f"{pattern} is {count} times in {file.name}"
    file.write_text(after, encoding="utf-8")


def _edited(pattern: str, text: str) -> Change:
    """The encrypted file, edited by hand."""
    return lambda _, file: _edit(file, pattern, text)


def _all(*changes: Change) -> Change:
    def change(folder: Path, file: Path) -> None:
        for one in changes:
            one(folder, file)

    return change


def _plain(folder: Path, file: Path) -> None:
    """A Secret that is not encrypted."""
    head = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {API_KEY}\n  namespace: {NAMESPACE}\ntype: Opaque\n"
    file.write_text(f'{head}stringData:\n  NGC_API_KEY: "{PLAIN}"\n', encoding="utf-8")


def _plain_data(folder: Path, file: Path) -> None:
    """The same in base64."""
    _plain(folder, file)
    _edit(file, "^stringData:.*", f"data:\n  NGC_API_KEY: {base64.b64encode(PLAIN.encode()).decode()}\n")


def _encrypt(folder: Path, file: Path) -> None:
    done = sops.encrypt(file, folder)
    assert done.returncode == 0, done.stderr


def _rule(pattern: str, text: str) -> Change:
    """.sops.yaml, edited."""
    return lambda folder, _: _edit(folder / ".sops.yaml", pattern, text)


def _another_key(folder: Path, file: Path) -> None:
    """.sops.yaml with a key that the cluster does not have."""
    _edit(folder / ".sops.yaml", "age1[a-z0-9]+", sops.AgeKey.at(folder.parent / "another.agekey").recipient)


def _alone(folder: Path, file: Path) -> None:
    """Without the pull secret, which must be JSON."""
    (file.parent / "ngc-secret.yaml").unlink()
    _edit(file.parent / "kustomization.yaml", "^  - ngc-secret.yaml\n", "")


def _not_decrypted(folder: Path, file: Path) -> None:
    _edit(folder / "clusters" / sops.ENVIRONMENT / "flux" / "secrets.yaml", r"^  decryption:.*\Z", "")


def _config_map(folder: Path, file: Path) -> None:
    _edit(file, "^kind: Secret$", "kind: ConfigMap")
    _edit(file, "^type: Opaque\n", "")
    _edit(file, "^stringData:$", "data:")


_REGEX = r"^    encrypted_regex: [^\n]*\n"
_SWITCHED_OFF = _edited(
    f"^    namespace: {NAMESPACE}$",
    f"    namespace: {NAMESPACE}\n    annotations:\n        kustomize.toolkit.fluxcd.io/decrypt: disabled",
)
_NOT_DECRYPTED = frozenset({"secret/not-decrypted"})
_INCOMPLETE = frozenset({"secret/sops-incomplete"})
_GUARD = "configuring decryption is required for this secret"
BAD: Mapping[str, Bad] = {
    "no-decryption": Bad(_not_decrypted, _NOT_DECRYPTED, "Secret/nim-service/ngc-secret dry-run failed"),
    "no-decryption-of-text": Bad(_all(_not_decrypted, _alone), _NOT_DECRYPTED, value=ENCRYPTED),
    "no-decryption-of-data": Bad(_all(_not_decrypted, _alone, _plain_data, _encrypt), _NOT_DECRYPTED, _GUARD),
    "no-decryption-of-a-config-map": Bad(_all(_not_decrypted, _alone, _config_map), _NOT_DECRYPTED, value=ENCRYPTED),
    "switched-off": Bad(_SWITCHED_OFF, _NOT_DECRYPTED, value=ENCRYPTED),
    "not-encrypted": Bad(_plain, frozenset({"secret/not-encrypted"}), value=PLAIN),
    "no-block": Bad(_edited(r"^sops:.*\Z", ""), _INCOMPLETE, value=ENCRYPTED),
    "no-mac": Bad(_edited(r"^    mac: [^\n]*\n", ""), _INCOMPLETE, value=ENCRYPTED),
    "no-date": Bad(_edited(r"^    lastmodified: [^\n]*\n", ""), _INCOMPLETE, "failed to load encrypted"),
    "no-recipient": Bad(_edited(r"^    age:\n.*?^(?=    enc)", "    age: []\n"), _INCOMPLETE, "No keys found in file"),
    "added-in-plain": Bad(
        _edited("^stringData:\n", f"stringData:\n    password: {PLAIN}\n"),
        frozenset({"secret/sops-plain-value"}),
        "does not match sops' data format",
    ),
    "rule-leaves-it-plain": Bad(
        _all(_rule(_REGEX, "    encrypted_regex: ^data$\n"), _plain, _encrypt),
        frozenset({"secret/sops-rule", "secret/sops-plain-value"}),
        value=PLAIN,
    ),
    # Flux decrypts it, and says that it must not be: nobody else sees what the file is.
    "rule-encrypts-everything": Bad(
        _all(_rule(_REGEX, ""), _plain, _encrypt), frozenset({"secret/sops-rule"}), value=PLAIN
    ),
    # Which keys the cluster has, no file says.
    "another-key": Bad(_all(_another_key, _plain, _encrypt), frozenset(), "cannot get sops data key"),
}


@pytest.fixture
def restored(fleet: Fleet, vault: sops.Vault) -> Iterator[None]:
    """Before, all is well; afterwards, the repository is as it was."""
    _settled(fleet, "All is well")
    assert _key(fleet) == vault.ngc
    good = fleet.repository.git("rev-parse", "HEAD^{tree}")
    yield
    fleet.repository.git("read-tree", "-u", "--reset", good)
    fleet.repository.git("clean", "--quiet", "--force", "-d")
    fleet.repository.git("commit", "--quiet", "--allow-empty", "--message", "As it was")


@pytest.mark.parametrize("name", sorted(BAD))
def test_what_nimfleet_finds_flux_refuses_or_applies_badly(
    fleet: Fleet, vault: sops.Vault, restored: None, name: str
) -> None:
    bad = BAD[name]
    bad.change(fleet.repository.folder, fleet.folder / "custom" / "secrets" / f"{API_KEY}.yaml")
    found = _rules(fleet)
    assert {rule for rule in found if rule.startswith("secret/")} == bad.rules
    assert bad.rules or not found
    commit = fleet.push(f"Bad: {name}")
    _apply(fleet)
    if bad.words:
        assert bad.words in fleet.wait_failed(LAYER, commit)
        assert _key(fleet) == vault.ngc
    else:
        fleet.wait(lambda: fleet.applied(LAYER, commit) and _key(fleet).startswith(bad.value), 45, "Flux applies it")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_rule("clusters/", "environments/"), "no matching creation rules found"),
        (_rule(_REGEX, "    encrypted_regex: ^(data|stringData)$\n    unencrypted_suffix: _plain\n"), "more than one"),
        (lambda folder, _: (folder / ".sops.yaml").rename(folder / ".sops.yml"), "must be called"),
    ],
    ids=["for-another-folder", "two-selectors", "another-name"],
)
def test_a_rule_that_nimfleet_finds_is_refused_by_sops(
    fleet: Fleet, restored: None, change: Change, words: str
) -> None:
    file = fleet.folder / "custom" / "secrets" / f"{API_KEY}.yaml"
    change(fleet.repository.folder, file)
    assert _rules(fleet) == {"secret/sops-rule"}
    _plain(fleet.repository.folder, file)
    done = sops.encrypt(file, fleet.repository.folder)
    assert done.returncode != 0
    assert words in done.stderr


def test_all_is_well_once_it_is_as_it_was(fleet: Fleet, vault: sops.Vault) -> None:
    _settled(fleet, "As it was")
    for name, (_, data) in vault.contents().items():
        assert _data(_object(fleet, "secrets", name)) == data


def test_no_key_is_in_git_nor_in_what_anybody_prints(fleet: Fleet, vault: sops.Vault) -> None:
    folder = fleet.repository.folder
    contents = {"git": sops.committed(fleet.repository)}
    for words in (
        ("render",),
        ("validate", "."),
        ("validate", "--format", "json", "."),
        ("validate", "--format", "sarif", "."),
        ("show",),
        ("bootstrap-order", str(fleet.folder)),
    ):
        done = nimfleet(*words, cwd=folder)
        contents[" ".join(words)] = (done.stdout + done.stderr).encode()
    contents |= {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    contents |= {path.name: path.read_bytes() for path in fleet.server.folder.glob("*-controller.log")}
    assert any(".nimfleet-cache" in name for name in contents)
    assert b"ENC[" in contents["git"]
    assert b"decryption failed" in contents["kustomize-controller.log"]
    # The search finds what is there.
    assert vault.found_in({"key": base64.b64encode(b"x" + vault.ngc.encode())}) == ["key"]
    assert not vault.found_in(contents)
