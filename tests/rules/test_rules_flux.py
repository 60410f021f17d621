"""Rules on Flux in our own environments: each fault is told once, where it is, and no shape makes them crash."""

from __future__ import annotations

import copy
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nimfleet.cluster.flux.bootstrap import bootstrap_of
from nimfleet.cluster.flux.story import chapters
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.engine import validate
from nimfleet.engine.clusters import load_clusters
from nimfleet.repository.model import KubeObject
from nimfleet.rules.registry import all_rules, rules_about

PROJECT = Path(__file__).resolve().parents[2]
Found = list[tuple[str, str, int, int]]
Inject = Callable[[dict[str, tuple[str, str]]], Found]
DEPENDS = "  dependsOn:\n    - name: "
RULES = [rule for rule in rules_about(Cluster) if rule.family == "flux"]


def findings(cluster: Cluster) -> Found:
    return sorted(
        (rule.name, hit.place.file.removeprefix("clusters/prod/"), hit.place.line, hit.place.column)
        for rule in RULES
        for hit in rule.check(cluster)
    )


@pytest.fixture
def inject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inject:
    """Change files of production, and give what the rules on Flux find."""
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")
    shutil.copytree(PROJECT / "clusters" / "prod", tmp_path / "clusters" / "prod")

    def injector(edits: dict[str, tuple[str, str]]) -> Found:
        for name, (old, new) in edits.items():
            path = tmp_path / "clusters" / "prod" / name
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            assert old in text
            path.write_text(text.replace(old, new) if old else new, encoding="utf-8")
        (cluster,) = load_clusters([tmp_path], root=tmp_path)
        return findings(cluster)

    return injector


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_our_own_environments_are_clean(name: str) -> None:
    (cluster,) = load_clusters([PROJECT / "clusters" / name], root=PROJECT)
    assert findings(cluster) == []


@pytest.mark.parametrize(
    ("edits", "want"),
    [
        pytest.param({"flux/configs.yaml": (DEPENDS + "nim-controllers\n", "")},
                     ("crds-not-ordered", "flux/configs.yaml", 8, 1), id="configs depend on nothing"),
        pytest.param({"flux/model-embedding.yaml": (DEPENDS + "nim-configs\n", "")},
                     ("crds-not-ordered", "flux/model-embedding.yaml", 8, 1), id="a model depends on nothing"),
        pytest.param({"flux/controllers.yaml": ("  wait: true\n", "")},
                     ("crds-not-ordered", "flux/controllers.yaml", 8, 1), id="controllers do not wait"),
        pytest.param({"flux/controllers.yaml": (DEPENDS + "nim-sources\n", "")},
                     ("namespace-not-ordered", "flux/controllers.yaml", 8, 1), id="controllers depend on nothing"),
        pytest.param({"flux/sources.yaml": ("  wait: true\n", "  wait: true\n" + DEPENDS + "nim-configs\n")},
                     ("dependency-cycle", "flux/configs.yaml", 19, 7), id="sources depend on configs"),
        pytest.param({"flux/configs.yaml": ("nim-controllers", "nim-controler")},
                     ("missing-dependency", "flux/configs.yaml", 19, 7), id="a dependency is misspelt"),
        pytest.param({"flux/controllers.yaml": ("  prune: true\n", "  prune: true\n  suspend: true\n")},
                     ("suspended-dependency", "flux/controllers.yaml", 14, 3), id="controllers are suspended"),
        pytest.param({"flux/model-embedding.yaml": ("  prune: true\n", "  prune: true\n  force: true\n")},
                     ("forced-model", "flux/model-embedding.yaml", 14, 3), id="a model is forced"),
        pytest.param({"flux/model-embedding.yaml": ("      name: embedding\n", "      name: embeding\n")},
                     ("missing-health-check", "flux/model-embedding.yaml", 27, 7), id="a health check is misspelt"),
        pytest.param({"controllers/k8s-nim-operator.yaml": ("    - name: cert-manager\n", "")},
                     ("release-not-ordered", "controllers/k8s-nim-operator.yaml", 21, 3), id="the operator comes early"),
        pytest.param({"flux/configs.yaml": ("prod/configs", "prod/controllers")},
                     ("nested-path", "flux/configs.yaml", 12, 3), id="the path of another"),
        pytest.param({"flux/configs.yaml": ("./clusters/prod/configs", "./clusters/prod")},
                     ("nested-path", "flux/configs.yaml", 12, 3), id="the path of the whole"),
        pytest.param({"flux/configs.yaml": ("    name: flux-system", "    name: flux-sytem")},
                     ("missing-source", "flux/configs.yaml", 17, 5), id="a source is misspelt"),
        pytest.param({"flux/configs.yaml": ("    kind: GitRepository", "    kind: Bucket")},
                     ("missing-source", "flux/configs.yaml", 17, 5), id="a source of another kind"),
        pytest.param({"flux-entry.yaml": ("  secretRef:\n    name: flux-system\n", "")},
                     ("ssh-without-key", "flux-entry.yaml", 10, 3), id="no key"),
        pytest.param({"flux-entry.yaml": ("  prune: true\n", "  prune: true\n  wait: true\n"),
                      "flux/sources.yaml": ("  wait: true\n", "  wait: true\n" + DEPENDS + "flux-system\n")},
                     ("deadlock", "flux/sources.yaml", 16, 7), id="the whole waits for a part that depends on it"),
        pytest.param({"models/embedding/nimservice.yaml": ("nim.example.com", "${DOMAIN}"),
                      "flux/model-embedding.yaml":
                          ("  prune: true\n", "  prune: true\n  postBuild:\n    substitute:\n      ZONE: a\n")},
                     ("undefined-variable", "models/embedding/nimservice.yaml", 49, 7), id="a variable is not set"),
        pytest.param({"sources/namespaces.yaml":
                          ("---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: external-secrets\n", ""),
                      "configs/kustomization.yaml": ("resources:\n", "resources:\n  - namespace.yaml\n"),
                      "configs/namespace.yaml":
                          ("", "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: external-secrets\n")},
                     ("namespace-too-late", "controllers/external-secrets.yaml", 12, 3), id="a namespace comes late"),
        pytest.param({"controllers/kustomization.yaml": ("resources:\n", "resources:\n  - ../configs/secrets.yaml\n"),
                      "configs/kustomization.yaml": ("  - secrets.yaml\n", "")},
                     ("crds-in-same-kustomization", "configs/secrets.yaml", 4, 1), id="a store beside its controller"),
    ],
)  # fmt: skip
def test_a_fault_is_told_once_and_where_it_is(
    inject: Inject, edits: dict[str, tuple[str, str]], want: tuple[str, str, int, int]
) -> None:
    assert inject(edits) == [(f"flux/{want[0]}", *want[1:])]


JUNK: tuple[Any, ...] = (
    None,
    0,
    -1,
    True,
    "",
    "x",
    "${A}",
    [],
    {},
    [None],
    [[]],
    [{}],
    {"a": None},
    {"name": 3},
    [{"name": []}],
)


def _spoilt(value: Any, chance: random.Random) -> Any:
    """The value with something of any shape somewhere in its spec."""
    value = copy.deepcopy(value)
    here = value
    while isinstance(here, dict | list) and here:
        keys = (
            [key for key in here if key not in ("apiVersion", "kind", "metadata")] if isinstance(here, dict) else None
        )
        key: Any = chance.choice(keys or list(here)) if isinstance(here, dict) else chance.randrange(len(here))
        if chance.random() < 0.4 or not isinstance(here[key], dict | list) or not here[key]:
            here[key] = copy.deepcopy(chance.choice(JUNK))
            return value
        here = here[key]
    return value


@pytest.mark.parametrize("seed", range(60))
def test_no_shape_makes_a_rule_crash(seed: int, spoilable: Cluster) -> None:
    chance = random.Random(seed)  # noqa: S311 - not a secret
    spoilt: dict[KubeObject, KubeObject] = {}
    for item in spoilable.objects:
        value = _spoilt(item.value, chance) if chance.random() < 0.5 else item.value
        spoilt[item] = replace(item, content=value)
    units = tuple(
        Unit(spoilt[unit.kustomization], unit.overlay, tuple(spoilt[item] for item in unit.objects), unit.built)
        for unit in spoilable.units
    )
    cluster = replace(spoilable, objects=tuple(spoilt.values()), units=units, _kinds=None, _by_id=None, _derived={})
    for rule in RULES:
        for hit in rule.check(cluster):
            assert hit.message
    for chapter in chapters(bootstrap_of(cluster)):
        assert chapter.events


@pytest.fixture(scope="module")
def spoilable() -> Cluster:
    """Production, whose objects a test may replace."""
    (cluster,) = load_clusters([PROJECT / "clusters" / "prod"], root=PROJECT)
    return cluster


def test_each_rule_has_a_page() -> None:
    assert len([name for name in all_rules() if name.startswith("flux/")]) == len(RULES) > 20


def test_a_part_of_a_repository_may_be_given_variables_and_decryption_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")
    kustomization = (
        "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata:\n  name: app\n  namespace: flux-system\n"
        "spec:\n  interval: 10m\n  path: ./apps/app/files\n  prune: true\n  postBuild:\n    substitute:\n      APP: app\n"
        "  sourceRef:\n    kind: GitRepository\n    name: flux-system\n"
    )
    secret = (
        "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: app\n  namespace: ${DOMAIN}\n"
        "stringData:\n  token: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]\n"
        "sops:\n  mac: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]\n"
    )
    files = tmp_path / "apps" / "app" / "files"
    files.mkdir(parents=True)
    (files.parent / "ks.yaml").write_text(kustomization)
    (files / "secret.yaml").write_text(secret)
    wanted = {"flux/undefined-variable", "secret/not-decrypted"}
    for path, found in ((tmp_path, wanted), (tmp_path / "apps", set())):
        assert wanted & {finding.rule for finding in validate(path, root=tmp_path).findings} == found


def test_a_file_alone_may_be_given_its_namespace_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")
    source = "  sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}\n"
    head = "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: "
    spec = f"spec:\n  interval: 1h\n  path: ./app\n  prune: true\n  targetNamespace: network\n{source}"
    release = (
        "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: gateway}\n"
        "spec:\n  interval: 1h\n  chartRef: {kind: OCIRepository, name: gateway}\n"
    )
    depends = "  dependsOn:\n    - name: gateway\n      namespace: network\n"
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "release.yaml").write_text(release)
    (tmp_path / "ks.yaml").write_text(f"{head}gateway\n{spec}{head}config\n{spec}{depends}")
    for path, count in ((tmp_path, 1), (tmp_path / "ks.yaml", 0)):
        found = [finding.rule for finding in validate(path, root=tmp_path).findings]
        assert found.count("flux/missing-dependency") == count
