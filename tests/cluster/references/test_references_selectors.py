"""What selectors find."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from references_support import cluster_of, spec, thing

from nimfleet.cluster.model import World
from nimfleet.cluster.references.selectors import is_opaque, near_label, pods, selects, services
from nimfleet.rules.reference.budget_target import check as budget
from nimfleet.rules.reference.monitor_port import check as monitor_port
from nimfleet.rules.reference.monitor_target import check as monitor

LLAMA = thing("NIMService", "llama", spec=spec("{labels: {team: a}, expose: {service: {port: 8000, grpcPort: 50051}}}"))
LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3)
TERMS = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from("abc"),
            "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
            "values": st.lists(st.sampled_from("xyz"), max_size=2),
        }
    ),
    max_size=2,
)


def exact(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Kubernetes' rule, for labels of which each has one value."""
    said = all(labels.get(key) == value for key, value in selector["matchLabels"].items())
    for term in selector["matchExpressions"]:
        there = labels.get(term["key"])
        said &= {
            "In": there is not None and there in term["values"],
            "NotIn": there is None or there not in term["values"],
            "Exists": there is not None,
            "DoesNotExist": there is None,
        }[term["operator"]]
    return said


@given(LABELS, TERMS, LABELS)
def test_nothing_that_kubernetes_would_find_is_missed(match: Any, terms: Any, labels: Any) -> None:
    selector = {"matchLabels": match, "matchExpressions": terms}
    known = {key: frozenset({value}) for key, value in labels.items()}
    if exact(selector, labels):
        assert selects(selector, known)
    elif all(term["operator"] != "NotIn" for term in terms):
        assert not selects(selector, known)


def test_labels_of_what_the_operator_makes() -> None:
    pipeline = thing("NIMPipeline", "rag", spec={"services": spec("[{name: llm, enabled: true}, {name: off}]")})
    cluster = cluster_of([LLAMA, pipeline])
    names = sorted(next(iter(one.labels["app"])) for one in cluster.once(services)["nim"])
    assert names == ["llama", "llm"]
    (llama, _) = cluster.once(services)["nim"]
    assert llama.labels["team"] == frozenset({"a"})
    assert llama.ports == frozenset({"api", "8000", "grpc", "50051"})
    assert any(selects({"matchLabels": {"app": "llm"}}, one.labels) for one in cluster.once(pods)["nim"])


@pytest.mark.parametrize(
    ("selector", "near"),
    [
        ({"app": "lama"}, ("app", "app", "llama")),
        ({"app": "llamma"}, ("app", "app", "llama")),
        ({"app": "LLAMA"}, ("app", "app", "llama")),
        ({"app": "llama", "team": "b"}, None),
        ({"app.kubernetes.io/nam": "llama"}, None),  # three letters are too few to be sure
        ({"app.kubernetes.io/names": "llama"}, ("app.kubernetes.io/names", "app.kubernetes.io/name", "llama")),
    ],
)
def test_the_label_that_was_meant(selector: dict[str, str], near: tuple[str, str, str] | None) -> None:
    found = near_label({"matchLabels": selector}, cluster_of([LLAMA]).once(pods)["nim"])
    assert (found and (found.key, found.other_key, found.value)) == near


@pytest.mark.parametrize(
    ("other", "opaque"),
    [
        (thing("Job", "x"), False),
        (thing("ExternalSecret", "x"), False),
        (thing("Cluster", "x"), True),
        (thing("Prometheus", "x"), True),
        (thing("HelmRelease", "x", "flux-system", spec={"targetNamespace": "nim"}), True),
        (thing("HelmRelease", "x", "flux-system", spec={"targetNamespace": "web"}), False),
        (thing("NemoGuardrail", "x"), True),
    ],
)
def test_where_charts_and_operators_have_pods_nothing_is_sure(other: dict[str, Any], opaque: bool) -> None:
    cluster = cluster_of([LLAMA, other])
    assert is_opaque(cluster, "nim") is opaque
    assert is_opaque(cluster_of([LLAMA, other], World.FOLDER), "nim")
    assert len(list(budget(cluster_of([LLAMA, other, disruption({"app": "web"})])))) == (not opaque)


def disruption(labels: dict[str, str]) -> dict[str, Any]:
    return thing("PodDisruptionBudget", "x", spec={"selector": {"matchLabels": labels}})


def test_an_empty_selector_is_for_everything() -> None:
    assert list(budget(cluster_of([disruption({})]))) == []
    assert len(list(budget(cluster_of([disruption({"a": "b"})])))) == 1


def watch(text: str) -> dict[str, Any]:
    return thing("ServiceMonitor", "x", "monitoring", spec=spec(text))


@pytest.mark.parametrize(
    ("text", "targets", "ports"),
    [
        ("{selector: {matchLabels: {app: llama}}, endpoints: [{port: api}]}", 1, 0),
        (
            "{selector: {matchLabels: {app: llama}}, namespaceSelector: {matchNames: [nim]}, endpoints: [{port: api}]}",
            0,
            0,
        ),
        ("{selector: {matchLabels: {app: llama}}, namespaceSelector: {any: true}, endpoints: [{port: http}]}", 0, 1),
        ("{selector: {matchLabels: {app: llamma}}, namespaceSelector: {any: true}, endpoints: [{port: http}]}", 1, 0),
        ("{selector: {matchLabels: {app: web}}, namespaceSelector: {any: true}, endpoints: [{port: http}]}", 0, 0),
        ("{selector: {}, namespaceSelector: {any: true}, endpoints: [{port: http}]}", 0, 0),
    ],
)
def test_monitors_look_in_their_own_namespace_unless_told(text: str, targets: int, ports: int) -> None:
    cluster = cluster_of([LLAMA, watch(text)])
    assert (len(list(monitor(cluster))), len(list(monitor_port(cluster)))) == (targets, ports)
