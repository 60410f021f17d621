"""What a Flux Kustomization is told about the rest of the repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nimfleet.repository.load import Loader
from nimfleet.repository.substitute import substitute_all
from nimfleet.repository.surroundings import surroundings

PROJECT = Path(__file__).resolve().parents[2]
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec:
  path: ./apps
  postBuild:
    substitute: {SIZE: "2"}
    substituteFrom:
    - {kind: ConfigMap, name: vars}
"""
VARS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {REGION: us-west-2, SIZE: '1'}\n"
APP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata:\n  where: ${REGION}\n  size: x${SIZE}\n"
Load = Callable[[dict[str, str]], dict[str, str]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Write files, and give the data of ConfigMap app as it is built."""
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")

    def loader(files: dict[str, str]) -> dict[str, str]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        loading = Loader(tmp_path, [tmp_path])
        loading.start()
        (found,) = [item.value["data"] for item in loading.finish().objects if item.id.name == "app"]
        return dict(found)

    return loader


def test_values_come_from_a_config_map_and_inline_ones_count_more(load: Load) -> None:
    found = load({"flux.yaml": FLUX, "vars.yaml": VARS, "apps/app.yaml": APP})
    assert found == {"where": "us-west-2", "size": "x2"}


@pytest.mark.parametrize(
    "more",
    [
        {"other/vars.yaml": VARS.replace("us-west-2", "eu-west-1")},
        {"kustomization.yaml": "resources: [vars.yaml]\npatches:\n- {path: p.yaml, target: {kind: ConfigMap}}\n",
         "p.yaml": "- {op: add, path: /data/REGION, value: eu-west-1}\n"},
        {"vars.yaml": VARS.replace("us-west-2", "$${X}")},
    ],
    ids=["two that differ", "a patch may change it", "holds a variable itself"],
)  # fmt: skip
def test_a_config_map_counts_only_where_it_is_certain_what_it_holds(load: Load, more: dict[str, str]) -> None:
    found = load({"flux.yaml": FLUX, "vars.yaml": VARS, "apps/app.yaml": APP, **more})
    assert found == {"where": "${REGION}", "size": "x2"}


def test_a_config_map_of_another_namespace_is_not_meant(load: Load) -> None:
    vars_ = VARS.replace("flux-system", "default")
    assert load({"flux.yaml": FLUX, "vars.yaml": vars_, "apps/app.yaml": APP})["where"] == "${REGION}"


def test_two_config_maps_that_agree_are_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(VARS, encoding="utf-8")
    around = surroundings(Loader(tmp_path, [tmp_path]).sources)
    assert around.config == {("flux-system", "vars"): {"REGION": "us-west-2", "SIZE": "1"}}


def test_nothing_is_filled_in_without_post_build() -> None:
    around = surroundings(())
    assert around.variables("flux-system", None) is None
    assert around.variables("flux-system", {"substitute": {"ON": True, "NONE": None}}) == (("NONE", ""), ("ON", "true"))


@pytest.mark.parametrize("part", ["annotations", "labels"])
def test_an_object_that_asks_to_be_left_alone_is(part: str) -> None:
    alone = f"kind: A\nmetadata:\n  {part}:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\nspec: ${{X}}\n"
    output = f"{alone}---\nkind: B\nspec: ${{X}}\n"
    assert substitute_all(output, {"X": "1"}) == f"{alone}---\nkind: B\nspec: 1\n"


def test_what_flux_finds_in_a_folder_is_not_built_alone_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(PROJECT / ".bin"), prepend=":")
    inner = tmp_path / "apps" / "inner"
    inner.mkdir(parents=True)
    (inner / "kustomization.yaml").write_text("resources: [app.yaml]\n", encoding="utf-8")
    (inner / "app.yaml").write_text(VARS, encoding="utf-8")
    (tmp_path / "flux.yaml").write_text(FLUX, encoding="utf-8")
    loading = Loader(tmp_path, [tmp_path])
    loading.start()
    repository = loading.finish()
    assert [overlay.folder for overlay in repository.overlays] == ["apps"]
    assert [item.id.kind for item in repository.objects] == ["ConfigMap", "Kustomization"]


@pytest.mark.parametrize(
    ("path", "foreign"), [("./apps", False), ("apps/", False), ("./charts", True), ("./", True), ("../apps", True)]
)
def test_a_git_repository_whose_paths_are_mostly_here_is_this_one(tmp_path: Path, path: str, foreign: bool) -> None:
    source = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: fleet, namespace: flux-system}\n"
    reference = "  sourceRef: {kind: GitRepository, name: fleet}\n"
    flux = FLUX.replace("./apps", path) + reference
    other = FLUX.replace("name: apps", "name: other") + reference
    (tmp_path / "flux.yaml").write_text(f"{source}---\n{flux}---\n{other}", encoding="utf-8")
    (tmp_path / "apps" / "deep").mkdir(parents=True)
    (tmp_path / "apps" / "deep" / "app.yaml").write_text(APP, encoding="utf-8")
    around = surroundings(Loader(tmp_path, [tmp_path]).sources)
    assert (("GitRepository", "fleet") in around.foreign) is foreign


def test_the_folders_of_an_artifact_are_those_that_are_copied(tmp_path: Path, load: Load) -> None:
    generator = """\
apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: fleet, namespace: flux-system}
spec:
  sources:
  - {alias: fleet, kind: GitRepository, name: flux-system}
  - {alias: other, kind: OCIRepository, name: other}
  artifacts:
  - name: infra
    copy:
    - {from: "@fleet/infrastructure/**", to: "@artifact/"}
    - {from: "@other/**", to: "@artifact/elsewhere/"}
  - name: apps
    copy:
    - {from: "@fleet/applications/dev/**", to: "@artifact/apps/"}
"""
    flux = FLUX + "  sourceRef: {kind: ExternalArtifact, name: apps}\n"
    found = load({"flux.yaml": flux, "vars.yaml": VARS, "g.yaml": generator, "applications/dev/app.yaml": APP,
                  "infrastructure/a/b.yaml": VARS})  # fmt: skip
    assert found == {"where": "us-west-2", "size": "x2"}
    around = surroundings(Loader(tmp_path, [tmp_path]).sources)
    assert around.copied("infra", "./a") == "infrastructure/a"
    assert around.copied("infra", ".") == "infrastructure"
    assert around.copied("apps", "./apps/deep") == "applications/dev/deep"
    assert around.copied("apps", "./apps2") is None
    assert around.copied("nothing", ".") is None


def test_an_artifact_of_which_nothing_is_known_is_another_repository(tmp_path: Path, load: Load) -> None:
    flux = FLUX + "  sourceRef: {kind: ExternalArtifact, name: apps}\n"
    found = load({"flux.yaml": flux, "vars.yaml": VARS, "x/app.yaml": APP})
    assert found == {"where": "${REGION}", "size": "x${SIZE}"}
