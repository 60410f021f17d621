"""Rules about what operators refuse: in pipelines too, per release, per cluster, and for any shape."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimfleet.engine import validate
from nimfleet.engine.admission import installed, subjects
from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.parse import parse
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject, Place, at
from nimfleet.rules.registry import Hit, Rule, all_rules, rules_about
from nimfleet.rules.subjects import Admitted, AdmittedCache, AdmittedService, Installed

CASES = Path(__file__).resolve().parent.parent / "cases" / "admission"
CLUSTER = Installed("1.34", {}, {}, feature_discovery=False)
KINDS = sorted({rule.subject for rule in all_rules().values() if rule.family == "admission"}, key=str)

SERVICE: dict[str, Any] = {
    "authSecret": "ngc-api-secret",
    "image": {"repository": "nvcr.io/nim/meta/llama-3.1-8b-instruct", "tag": "1.3.3"},
    "storage": {"nimCache": {"name": "llama"}},
    "resources": {"limits": {"nvidia.com/gpu": 1}},
    "expose": {"service": {"port": 8000}},
}
CACHE: dict[str, Any] = {
    "source": {"ngc": {"modelPuller": "nvcr.io/nim/a:1", "authSecret": "ngc-api-secret", "model": {"engine": "vllm"}}},
    "storage": {"pvc": {"name": "models"}},
}


def kube(kind: str, spec: Any, folder: str = "", group: str = "apps.nvidia.com", name: str = "llama") -> KubeObject:
    identity = ObjectId(group, "v1", kind, "nim", name)
    value = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return KubeObject(identity, value, None, folder, lambda _: Place("a.yaml", 1, 1))


def hits(item: KubeObject, cluster: Installed = CLUSTER) -> list[tuple[str, Pointer]]:
    """Rule and pointer of everything that is said against an object."""
    return [
        (rule.name.partition("/")[2], hit.pointer)
        for subject in subjects(item, cluster)
        for rule in rules_about(type(subject))
        for hit in rule.check(subject)
    ]


def of_service(cluster: Installed = CLUSTER, **changed: Any) -> list[tuple[str, Pointer]]:
    return hits(kube("NIMService", SERVICE | changed), cluster)


# -- services of pipelines ---------------------------------------------------------------------------------------


def _services() -> Iterator[Any]:
    for rule in rules_about(AdmittedService):
        for case in sorted((CASES / rule.name.partition("/")[2]).glob("*.yaml")):
            yield pytest.param(rule, case, id=case.relative_to(CASES).as_posix())


@pytest.mark.parametrize(("rule", "case"), list(_services()))
def test_a_service_of_a_pipeline_is_judged_as_one_of_its_own(rule: Rule[AdmittedService], case: Path) -> None:
    documents = [document for document in parse(case.read_text("utf-8"), "a.yaml").documents if document.id]
    objects = [KubeObject(document.id, document.value, None, "", at(document)) for document in documents if document.id]
    cluster = installed(objects, lambda _: "", {"": ("1.34", {})})[""]
    service = next(item for item in objects if item.id.kind == "NIMService")
    entry = {"name": service.id.name, "enabled": True, "spec": service.value["spec"]}
    pipeline = kube("NIMPipeline", {"services": [{"name": "other"}, entry]}, name="rag")

    def found(item: KubeObject) -> list[Hit]:
        return [
            hit
            for subject in subjects(item, cluster)
            if isinstance(subject, AdmittedService)
            for hit in rule.check(subject)
        ]

    alone = [(hit.pointer, hit.message) for hit in found(service)]
    assert bool(alone) is not case.name.startswith("ok")
    moved = [(_moved(pointer), message) for pointer, message in alone]
    assert [(hit.pointer, hit.message) for hit in found(pipeline)] == moved


def _moved(pointer: Pointer) -> Pointer:
    at = ("spec", "services", 1)
    return (*at, "name") if pointer == ("metadata", "name") else (*at, *pointer)


@pytest.mark.parametrize("state", [{}, {"enabled": False}, {"enabled": None}])
def test_services_that_are_not_created_are_not_judged(state: dict[str, Any]) -> None:
    item = kube("NIMPipeline", {"services": [{"name": "a.b", "spec": {}, **state}]})
    assert {name for name, _ in hits(item)} <= {"nimpipeline-service-disabled"}


# -- versions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "refused"), [("1.33", True), ("1.25", True), ("1.34", False), ("1.37", False)])
def test_claims_need_a_kubernetes_that_has_them(version: str, refused: bool) -> None:
    cluster = Installed(version, {}, {}, feature_discovery=False)
    found = of_service(cluster, draResources=[{"resourceClaimTemplateName": "gpu"}], resources={})
    assert found == ([("dra-kubernetes-version", ("spec", "draResources"))] if refused else [])


def test_the_kubernetes_version_is_that_of_the_validation(tmp_path: Path) -> None:
    text = (CASES / "dra-kubernetes-version" / "ok-current.yaml").read_text("utf-8")
    (tmp_path / "a.yaml").write_text(text, "utf-8")
    report = validate(tmp_path, root=tmp_path, kubernetes_version="1.33")
    line = text.splitlines().index("  draResources:") + 1
    assert [(f.rule, f.line, f.column) for f in report.findings] == [("admission/dra-kubernetes-version", line, 3)]


@pytest.mark.parametrize(
    ("pins", "needed"),
    [
        ({}, True),
        ({"k8s-nim-operator": "3.1.2"}, True),
        ({"k8s-nim-operator": "3.0.0"}, True),
        ({"k8s-nim-operator": "3.1.3"}, False),
        ({"k8s-nim-operator": "3.2.0-rc.1"}, False),
        ({"k8s-nim-operator": "main"}, True),
    ],
)
def test_the_pinned_release_says_whether_a_secret_is_needed(pins: Mapping[str, str], needed: bool) -> None:
    cluster = Installed("1.34", pins, {}, feature_discovery=False)
    assert of_service(cluster, authSecret="") == (
        [("nimservice-auth-secret", ("spec", "authSecret"))] if needed else []
    )
    source = {"source": {"ngc": CACHE["source"]["ngc"] | {"authSecret": ""}}}
    secret = ("spec", "source", "ngc", "authSecret")
    assert hits(kube("NIMCache", CACHE | source), cluster) == ([("nimcache-source", secret)] if needed else [])


@pytest.mark.parametrize("kind", ["Resource", "Pods", "External", "Object"])
def test_scaling_to_zero_needs_a_metric_from_elsewhere_where_the_release_has_it(kind: str) -> None:
    scale = {"enabled": True, "hpa": {"minReplicas": 0, "maxReplicas": 1, "metrics": [{"type": kind}]}}
    newer = Installed("1.34", {"k8s-nim-operator": "3.1.3"}, {}, feature_discovery=False)
    bad = (
        [] if kind in ("External", "Object") else [("nimservice-autoscaling", ("spec", "scale", "hpa", "minReplicas"))]
    )
    assert of_service(newer, scale=scale) == bad
    assert of_service(scale=scale) == []  # the schema of 3.1.2 refuses it


# -- clusters ----------------------------------------------------------------------------------------------------

POOL = {
    "template": {
        "metadata": {"labels": {"team": "search"}},
        "spec": {
            "requirements": [
                {"key": "zone", "operator": "In", "values": ["a"]},
                {"key": "size", "operator": "In", "values": ["a", "b"]},
                {"key": "odd"},
                "text",
            ],
            "taints": [{"key": "gpu", "effect": "NoSchedule"}, None],
        },
    }
}


def cluster_of(item: KubeObject) -> str:
    return item.folder


def test_a_cluster_has_its_own_pools_only() -> None:
    found = installed(
        [kube("NodePool", POOL, "east", "karpenter.sh", "g5"), kube("NodePool", None, "west", "karpenter.sh", "g6")],
        cluster_of,
        {"east": ("1.33", {}), "west": ("1.34", {"k8s-nim-operator": "3.1.2"}), "": ("1.34", {})},
    )
    assert found["east"].pools["g5"].labels == {"team": "search", "zone": "a"}
    assert found["west"].pools["g6"].labels == {}
    assert found[""].pools == {}


def test_of_two_pools_of_one_name_only_what_is_sure_counts() -> None:
    bare = {"template": {"metadata": {"labels": {"a": "b"}}}}
    pools = [kube("NodePool", spec, folder, "karpenter.sh", "g5") for folder, spec in (("x", POOL), ("y", bare))]
    for order in (pools, pools[::-1]):
        found = installed(order, lambda _: "", {"": ("1.34", {})})[""].pools["g5"]
        assert dict(found.labels) == {"team": "search", "zone": "a", "a": "b"}


@pytest.mark.parametrize(
    ("chart", "known"), [("gpu-operator", True), ("node-feature-discovery", True), ("nvidia-device-plugin", False)]
)
@pytest.mark.parametrize(
    "spec", [lambda chart: {"chart": {"spec": {"chart": chart}}}, lambda chart: {"chartRef": {"name": chart}}]
)
def test_feature_discovery_labels_nodes(chart: str, known: bool, spec: Callable[[str], Any]) -> None:
    release = kube("HelmRelease", spec(chart), "east", "helm.toolkit.fluxcd.io", chart)
    pool = kube("NodePool", POOL, "east", "karpenter.sh", "g5")
    found = installed([release, pool], cluster_of, {"east": ("1.34", {})})["east"]
    assert found.feature_discovery is known
    assert hits(kube("NIMCache", CACHE), found) == ([] if known else [("nimcache-node-selector", ("spec",))])


# -- Karpenter's own verdicts -------------------------------------------------------------------------------------

RECORDED = json.loads((Path(__file__).parent / "data" / "nodepools.json").read_text("utf-8"))
VALIDATED = {"nodepool-label", "nodepool-requirement", "nodepool-taint"}


@pytest.mark.parametrize("verdict", ["taken", "refused"])
def test_karpenter_says_the_same_of_recorded_node_pools(verdict: str) -> None:
    """The schema takes all of them; Karpenter's validation at run time was asked about each."""
    assert len(RECORDED[verdict]) == 150
    for spec in RECORDED[verdict]:
        found = {name for name, _ in hits(kube("NodePool", spec, group="karpenter.sh"))} & VALIDATED
        assert bool(found) is (verdict == "refused"), spec


# -- any shape ---------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["", "all", "vllm", "kserve", "In", "NotIn", "gpu", "NoSchedule", "LoadBalancer", "-1", "1e3", "a" * 70]
)
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | WORDS | st.text(max_size=3)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)


def _specimens() -> list[tuple[type[Admitted], Any]]:
    """A spec of each case, so that changes of it reach into the rules."""
    found: list[tuple[type[Admitted], Any]] = []
    for case in sorted(CASES.glob("*/*.yaml")):
        for document in parse(case.read_text("utf-8"), "a.yaml").documents:
            if document.id is not None:
                item = KubeObject(document.id, document.value, None, "", at(document))
                found += [(type(subject), subject.spec) for subject in subjects(item, CLUSTER)]
    return found


SPECIMENS = _specimens()


def _paths(value: Any, path: Pointer = ()) -> Iterator[Pointer]:
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _paths(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _paths(part, (*path, index))


def _with(value: Any, path: Pointer, new: Any) -> Any:
    if not path:
        return new
    out = copy.copy(value)
    out[path[0]] = _with(value[path[0]], path[1:], new)
    return out


ODD: list[Any] = [None, "", "text", 0, -1, 1.5, True, [], [[]], [None], {}, {"a": {}}, {"": [{}]}]


def _crashes(kind: type[Admitted], spec: Any) -> None:
    """Run every rule about a kind on a spec."""
    pool = kube("NodePool", spec, "", "karpenter.sh", "g5")
    cluster = installed([pool], cluster_of, {"": ("1.34", {"k8s-nim-operator": "3.1.3"})})[""]
    item = kube("Any", spec)
    subject = (
        AdmittedService(item, spec, ("spec",), cluster, spec, ("metadata", "name"))
        if kind is AdmittedService
        else kind(item, spec, ("spec",), cluster)
    )
    for rule in rules_about(kind):
        for hit in rule.check(subject):
            assert hit.message and hit.pointer[0] in ("spec", "metadata")


def test_every_kind_has_specimens() -> None:
    assert {kind for kind, _ in SPECIMENS} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_rules_take_any_shape_in_place_of_any_part(kind: type[Admitted]) -> None:
    for specimen, spec in SPECIMENS:
        if specimen is kind:
            for path in _paths(spec):
                for odd in ODD:
                    _crashes(kind, _with(spec, path, odd))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SPECIMENS), st.data())
def test_rules_take_several_odd_parts_at_once(specimen: tuple[type[Admitted], Any], data: st.DataObject) -> None:
    kind, spec = specimen
    for _ in range(3):
        spec = _with(spec, data.draw(st.sampled_from(list(_paths(spec)))), data.draw(VALUES))
    _crashes(kind, spec)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["NIMService", "NIMCache", "NIMPipeline"]), VALUES)
def test_objects_take_any_shape(kind: str, spec: Any) -> None:
    assert all(isinstance(subject, Admitted) for subject in subjects(kube(kind, spec), CLUSTER))


def test_a_whole_cache_and_service_have_no_fault() -> None:
    assert of_service() == []
    assert hits(kube("NIMCache", CACHE)) == []
    assert rules_about(AdmittedCache)
