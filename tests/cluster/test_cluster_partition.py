"""Which objects are of which cluster, and how much of it is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.cluster.partition import MOST_VARIANTS
from nimfleet.engine.clusters import load_clusters
from nimfleet.errors import UsageError

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")


def config_map(name: str, value: str = "1", namespace: str = "a") -> str:
    head = f"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"
    return f'{head}data:\n  key: "{value}"\n'


def kustomization(name: str, path: str, source: str = "flux-system") -> str:
    return (
        "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata:\n  name: {name}\n  namespace: flux-system\n"
        f"spec:\n  interval: 10m\n  path: {path}\n  prune: true\n"
        f"  sourceRef:\n    kind: GitRepository\n    name: {source}\n"
    )


def repository(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def contents(cluster: Cluster) -> list[str]:
    return sorted(f"{item.id.kind}/{item.id.name}" for item in cluster.objects)


def test_an_environment_is_a_cluster_of_its_own_with_its_plan() -> None:
    dev, prod, staging = load_clusters([PROJECT / "clusters"], root=PROJECT)
    assert [cluster.name for cluster in (dev, prod, staging)] == ["clusters/dev", "clusters/prod", "clusters/staging"]
    assert dev.world is prod.world is World.COMPLETE
    assert prod.plan is not None
    assert prod.plan.intent.name == "prod"
    assert prod.pins["karpenter-provider-aws"] == "1.14.1"
    units = {unit.id.name: unit for unit in dev.units}
    assert set(units) >= {"flux-system", "nim-sources", "nim-controllers", "nim-configs"}
    assert all(unit.built for unit in dev.units)
    kinds = {item.id.kind for item in units["nim-configs"].objects}
    assert kinds >= {"NodePool", "EC2NodeClass", "StorageClass"}


def test_a_part_of_an_environment_is_told_from_the_whole() -> None:
    (part,) = load_clusters([PROJECT / "clusters" / "dev" / "configs"], root=PROJECT)
    assert part.world is World.PART


def test_two_flux_entries_with_the_same_names_are_two_clusters(tmp_path: Path) -> None:
    files = {
        "shared/one.yaml": config_map("shared"),
        "README.yaml": "---\nnot: kubernetes\n",
    }
    for name in ("production", "staging"):
        files[f"clusters/{name}/flux-system/gotk-sync.yaml"] = kustomization("flux-system", f"./clusters/{name}")
        files[f"clusters/{name}/apps.yaml"] = kustomization("apps", f"./apps/{name}") + kustomization(
            "shared", "./shared"
        )
        files[f"apps/{name}/app.yaml"] = config_map("app", name)
    repository(tmp_path, files)
    production, staging = load_clusters([tmp_path], root=tmp_path)
    for cluster, name in ((production, "production"), (staging, "staging")):
        assert name in cluster.name
        assert cluster.world is World.COMPLETE
        assert contents(cluster) == [
            "ConfigMap/app",
            "ConfigMap/shared",
            "Kustomization/apps",
            "Kustomization/flux-system",
            "Kustomization/shared",
        ]
        app = cluster.find("", "ConfigMap", "a", "app")
        assert app is not None
        assert app.value["data"]["key"] == name
        unit = next(unit for unit in cluster.units if unit.id.name == "apps")
        assert [item.id.name for item in unit.objects] == ["app"]


def test_entries_that_do_not_contradict_are_one_cluster(tmp_path: Path) -> None:
    repository(
        tmp_path,
        {
            "flux/infra/ks.yaml": kustomization("infra", "./infra"),
            "flux/apps/ks.yaml": kustomization("apps", "./apps"),
            "infra/a.yaml": config_map("a"),
            "apps/b.yaml": config_map("b"),
        },
    )
    (cluster,) = load_clusters([tmp_path], root=tmp_path)
    assert cluster.world is World.COMPLETE
    assert contents(cluster) == ["ConfigMap/a", "ConfigMap/b", "Kustomization/apps", "Kustomization/infra"]


def test_another_repository_makes_the_world_less_certain(tmp_path: Path) -> None:
    source = (
        "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata:\n  name: other\n"
        "  namespace: flux-system\nspec:\n  interval: 5m\n  url: https://example.com/other\n"
    )
    repository(tmp_path, {"entry.yaml": source + kustomization("apps", "./apps", "other")})
    (cluster,) = load_clusters([tmp_path], root=tmp_path)
    assert cluster.world is World.FOLDER
    assert [(unit.overlay, unit.built) for unit in cluster.units] == [(None, False)]


def test_a_file_that_cannot_be_read_makes_the_world_a_part(tmp_path: Path) -> None:
    repository(tmp_path, {"a.yaml": config_map("a"), "b.yaml": "---\na: [\n"})
    (cluster,) = load_clusters([tmp_path], root=tmp_path)
    assert cluster.world is World.PART


def test_folders_of_manifests_are_one_cluster_and_a_file_is_a_part(tmp_path: Path) -> None:
    repository(tmp_path, {"x/a.yaml": config_map("a"), "y/b.yaml": config_map("b")})
    (cluster,) = load_clusters([tmp_path], root=tmp_path)
    assert (cluster.world, contents(cluster)) == (World.FOLDER, ["ConfigMap/a", "ConfigMap/b"])
    (cluster,) = load_clusters([tmp_path / "x" / "a.yaml"], root=tmp_path)
    assert (cluster.world, contents(cluster)) == (World.PART, ["ConfigMap/a"])


def test_variants_are_apart_and_have_what_all_share(tmp_path: Path) -> None:
    overlay = "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - app.yaml\n"
    repository(
        tmp_path,
        {
            "overlays/dev/kustomization.yaml": overlay,
            "overlays/dev/app.yaml": config_map("app", "dev"),
            "overlays/prod/kustomization.yaml": overlay,
            "overlays/prod/app.yaml": config_map("app", "prod") + config_map("more"),
            "common/c.yaml": config_map("common"),
        },
    )
    dev, prod = load_clusters([tmp_path], root=tmp_path)
    assert (dev.name, prod.name) == ("overlays/dev", "overlays/prod")
    assert contents(dev) == ["ConfigMap/app", "ConfigMap/common"]
    assert contents(prod) == ["ConfigMap/app", "ConfigMap/common", "ConfigMap/more"]
    assert dev.world is prod.world is World.PART


def test_what_lies_beside_a_kustomization_is_of_its_cluster(tmp_path: Path) -> None:
    repository(
        tmp_path,
        {
            "samples/kustomization_webapp.yaml": kustomization("webapp", "./deploy", "webapp"),
            "samples/source.yaml": config_map("source"),
            "tests/one/source.yaml": config_map("source", "2"),
        },
    )
    samples, one = load_clusters([tmp_path], root=tmp_path)
    assert contents(samples) == ["ConfigMap/source", "Kustomization/webapp"]
    assert contents(one) == ["ConfigMap/source"]


def test_equal_objects_do_not_make_variants(tmp_path: Path) -> None:
    repository(tmp_path, {"x/a.yaml": config_map("a"), "y/a.yaml": config_map("a") + config_map("b")})
    (cluster,) = load_clusters([tmp_path], root=tmp_path)
    assert contents(cluster) == ["ConfigMap/a", "ConfigMap/a", "ConfigMap/b"]


def test_examples_in_one_folder_are_taken_file_by_file(tmp_path: Path) -> None:
    count = MOST_VARIANTS + 1
    repository(tmp_path, {f"{number:03}.yaml": config_map("a", str(number)) for number in range(count)})
    repository(tmp_path, {"other.yaml": config_map("b")})
    clusters = load_clusters([tmp_path], root=tmp_path)
    assert [contents(cluster) for cluster in clusters] == [["ConfigMap/a"]] * count + [["ConfigMap/b"]]


def test_the_profile_of_the_command_line_counts_most(tmp_path: Path) -> None:
    repository(tmp_path, {"a.yaml": config_map("a"), "nimfleet.toml": 'policy = "minimal"\n'})
    assert [cluster.profile for cluster in load_clusters([tmp_path], root=tmp_path)] == [Profile.MINIMAL]
    found = load_clusters([tmp_path], root=tmp_path, policy="production")
    assert [cluster.profile for cluster in found] == [Profile.PRODUCTION]
    with pytest.raises(UsageError, match=r"no policy `producton`. Did you mean 'production'\?"):
        load_clusters([tmp_path], root=tmp_path, policy="producton")
    (tmp_path / "nimfleet.toml").unlink()
    assert [cluster.profile for cluster in load_clusters([tmp_path], root=tmp_path)] == [Profile.STANDARD]


def test_profiles_include_each_other() -> None:
    assert Profile.PRODUCTION.covers(Profile.STANDARD)
    assert Profile.STANDARD.covers(Profile.STANDARD)
    assert not Profile.MINIMAL.covers(Profile.STANDARD)


def test_what_is_declared_is_known_by_globs(tmp_path: Path) -> None:
    declared = '[[external]]\nkind = "Secret"\nname = "ngc-*"\nnamespace = "nim"\nkeys = ["k"]\n'
    repository(tmp_path, {"a.yaml": config_map("a"), "nimfleet.toml": declared})
    (cluster,) = load_clusters([tmp_path], root=tmp_path)
    entry = cluster.declared("Secret", "nim", "ngc-secret")
    assert entry is not None
    assert entry.keys == ("k",)
    assert cluster.declared("Secret", "other", "ngc-secret") is None
    assert cluster.declared("ConfigMap", "nim", "ngc-secret") is None
