"""Overlays as Flux builds them, and objects traced to the lines that people edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.load import Loader
from nimfleet.repository.model import Place, Repository

Load = Callable[[Mapping[str, str]], Repository]

CONFIG = """apiVersion: v1
kind: ConfigMap
metadata:
  name: x
data:
  a: "1"
"""


def flux(path: str, more: str = "", source: str = "flux-system", name: str = "apps") -> str:
    return f"""apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: {name}
  namespace: flux-system
spec:
  interval: 10m
  path: {path}
  prune: true
  sourceRef:
    kind: GitRepository
    name: {source}
{more}"""


def ids(repository: Repository) -> list[str]:
    return [f"{item.folder}:{item.id}" for item in repository.objects]


def test_loose_manifests_are_objects_as_they_stand(load: Load) -> None:
    repository = load({"a.yaml": CONFIG, "values.yaml": "a: 1"})
    assert ids(repository) == [":ConfigMap/x"]
    assert repository.others == {"not Kubernetes": 1}
    assert repository.objects[0].place(("data", "a")) == Place("a.yaml", 6, 3)


def test_a_base_is_only_seen_through_its_overlays(load: Load) -> None:
    repository = load(
        {
            "base/kustomization.yaml": "resources: [x.yaml]\n",
            "base/x.yaml": CONFIG,
            "dev/kustomization.yaml": "namePrefix: dev-\nresources: [../base]\n",
            "prod/kustomization.yaml": "namespace: prod\nresources: [../base]\n",
        }
    )
    assert ids(repository) == ["dev:ConfigMap/dev-x", "prod:ConfigMap/prod/x"]


def test_flux_kustomizations_are_followed_through_overlays(load: Load) -> None:
    repository = load(
        {
            "clusters/prod/kustomization.yaml": "resources: [apps.yaml]\n",
            "clusters/prod/apps.yaml": flux("./apps"),
            "apps/kustomization.yaml": "resources: [nested.yaml]\n",
            "apps/nested.yaml": flux("./deep", name="deep"),
            "deep/kustomization.yaml": "resources: [x.yaml]\n",
            "deep/x.yaml": CONFIG,
        }
    )
    assert [(overlay.folder, str(overlay.flux or "")) for overlay in repository.overlays] == [
        ("apps", "Kustomization/flux-system/apps"),
        ("clusters/prod", ""),
        ("deep", "Kustomization/flux-system/deep"),
    ]
    assert "deep:ConfigMap/x" in ids(repository)
    assert repository.problems == ()


def test_what_flux_adds_is_in_the_objects(load: Load) -> None:
    more = """  targetNamespace: team
  postBuild:
    substitute:
      A: "7"
  images: []
  patches:
    - target: {kind: ConfigMap}
      patch: |-
        - op: add
          path: /data/b
          value: "2"
"""
    repository = load({"flux.yaml": flux("./apps", more), "apps/x.yaml": CONFIG.replace('"1"', '"${A}"')})
    (item,) = [item for item in repository.objects if item.overlay]
    assert item.id.namespace == "team"
    # As on the cluster: kustomize has dropped the quotes before Flux substitutes, and 7 is a number.
    assert item.value["data"] == {"a": 7, "b": "2"}


def test_two_kustomizations_of_one_path_can_differ(load: Load) -> None:
    files = {
        "dev.yaml": flux("./apps", "  targetNamespace: dev\n", name="dev"),
        "prod.yaml": flux("apps/", "  targetNamespace: prod\n", name="prod"),
        "apps/x.yaml": CONFIG,
    }
    assert sorted(item.id.namespace for item in load(files).objects if item.overlay) == ["dev", "prod"]


def test_paths_of_other_sources_are_not_looked_for(load: Load) -> None:
    source = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: other}\n"
    assert load({"a.yaml": flux("./apps", source="other"), "b.yaml": source}).problems == ()


def test_a_component_is_not_built_alone(load: Load) -> None:
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: p.yaml}]\n"
    repository = load({"c/kustomization.yaml": component, "c/p.yaml": CONFIG})
    assert repository.overlays == ()
    assert repository.objects == ()
    assert repository.others == {"kustomization": 1, "kustomize patch or input": 1}


def test_a_failed_overlay_leaves_its_files_to_be_checked(load: Load) -> None:
    repository = load({"kustomization.yaml": "resources: [x.yaml, nope.yaml]\n", "x.yaml": CONFIG})
    assert [problem.code for problem in repository.problems] == ["missing-path"]
    assert ids(repository) == [":ConfigMap/x"]


def test_a_failing_build_speaks_of_paths_in_the_repository(load: Load) -> None:
    repository = load({"a/kustomization.yaml": "resources: [x.yaml, y.yaml]\n", "a/x.yaml": CONFIG, "a/y.yaml": CONFIG})
    (problem,) = repository.problems
    assert (problem.code, problem.file) == ("failed", "a/kustomization.yaml")
    assert str(repository.root) not in problem.message


def test_nothing_outside_is_built_even_through_a_link(load: Load, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "x.yaml").write_text(CONFIG)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "link").symlink_to(outside)
    repository = load({"a/kustomization.yaml": "resources: [link/x.yaml]\n"})
    assert [problem.code for problem in repository.problems] == ["outside-repository"]
    assert repository.objects == ()


def test_without_kustomize_the_files_are_objects(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    repository = load({"kustomization.yaml": "resources: [x.yaml]\nnamePrefix: a-\n", "x.yaml": CONFIG})
    assert ids(repository) == [":ConfigMap/x"]


def test_a_tool_is_also_found_beside_the_repository(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / ".bin" / "kustomize"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho kustomize was here >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", "/nonexistent")
    (problem,) = load({"kustomization.yaml": "resources: [x.yaml]\nnamePrefix: a-\n", "x.yaml": CONFIG}).problems
    assert "kustomize was here" in problem.message


TRACED = {
    "base/kustomization.yaml": "namePrefix: pre-\nresources: [x.yaml]\nconfigMapGenerator:\n- name: gen\n  literals: [a=b]\n",
    "base/x.yaml": CONFIG,
    "component/kustomization.yaml": """apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
- target: {kind: ConfigMap, name: pre-x}
  patch: |-
    - op: add
      path: /data/inline
      value: "2"
- target: {kind: ConfigMap, name: pre-x}
  path: ops.yaml
""",
    "component/ops.yaml": "- op: test\n  path: /data/a\n  value: '1'\n- op: add\n  path: /data/ops\n  value: '3'\n",
    "over/kustomization.yaml": "namespace: o\nresources: [../base]\ncomponents: [../component]\npatches: [{path: p.yaml}]\n",
    "over/p.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pre-x}\ndata:\n  patched: '4'\n",
}


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        (("data", "a"), Place("base/x.yaml", 6, 3)),
        (("data", "patched"), Place("over/p.yaml", 5, 3)),
        (("data", "inline"), Place("component/kustomization.yaml", 4, 3)),
        (("data", "ops"), Place("component/ops.yaml", 4, 3)),
        (("data", "nowhere"), Place("base/x.yaml", 5, 1)),
        ((), Place("base/x.yaml", 1, 1)),
    ],
)
def test_a_built_value_is_traced_to_where_it_is_written(load: Load, pointer: Pointer, place: Place) -> None:
    repository = load(TRACED)
    (item,) = [item for item in repository.objects if item.id.name == "pre-x"]
    assert item.place(pointer) == place


def test_a_generated_object_is_traced_to_its_generator(load: Load) -> None:
    (item,) = [item for item in load(TRACED).objects if item.id.name.startswith("pre-gen")]
    assert item.place(("data",)) == Place("base/kustomization.yaml", 4, 3)


def test_items_of_lists_are_traced_by_name(load: Load) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: a\n    image: a:1\n"
    patch = pod.replace("name: a", "name: first").replace("a:1", "b:1")
    repository = load(
        {"kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml}]\n", "pod.yaml": pod, "p.yaml": patch}
    )
    (item,) = repository.objects
    by_name = {container["name"]: index for index, container in enumerate(item.value["spec"]["containers"])}
    assert item.place(("spec", "containers", by_name["a"], "image")) == Place("pod.yaml", 7, 5)


def test_loading_twice_gives_the_same(load: Load) -> None:
    first, second = load(TRACED), load({})
    assert ids(first) == ids(second)
    assert Loader(first.root, [first.root]).sources[0].path == "base/kustomization.yaml"
