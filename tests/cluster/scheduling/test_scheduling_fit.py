"""Where a pod fits, against a search over the instance table that knows nothing of the algebra; conflicts and fixes
against what they claim."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nimfleet.catalog.load import load_catalog
from nimfleet.catalog.model import InstanceType
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.explain import explain, smallest_conflict
from nimfleet.cluster.scheduling.fit import build, judge, problem
from nimfleet.cluster.scheduling.gather import pools
from nimfleet.cluster.scheduling.podview import PodView, pod_view
from nimfleet.cluster.scheduling.pools import PoolView
from nimfleet.cluster.scheduling.universe import members, types

Object = dict[str, Any]
Expression = tuple[str, ...]
MAKE = Callable[..., Any]
AWS = "karpenter.k8s.aws/instance-"

FAMILIES = ("g4dn", "g5", "g6", "g6e", "g6f", "p4d", "p5", "m6i", "m7g")
LABELS: dict[str, tuple[str, ...]] = {
    f"{AWS}family": FAMILIES,
    f"{AWS}gpu-name": ("a10g", "l4", "l40s", "t4", "h100", "a100"),
    f"{AWS}gpu-count": ("0", "1", "4", "8"),
    f"{AWS}size": ("xlarge", "2xlarge", "12xlarge", "24xlarge", "48xlarge"),
    "kubernetes.io/arch": ("amd64", "arm64"),
    "node.kubernetes.io/instance-type": ("g5.xlarge", "g6.12xlarge", "p5.48xlarge", "m6i.xlarge", "g5.3xlarge"),
    "topology.kubernetes.io/zone": ("us-east-1a", "us-east-1b"),
    "karpenter.sh/capacity-type": ("on-demand", "spot"),
    "team": ("red", "blue"),
    "kubernetes.io/os": ("linux", "windows"),
    "karpenter.sh/nodepool": ("pool", "other"),
}
NUMBERS = (f"{AWS}gpu-count", f"{AWS}cpu", f"{AWS}memory", f"{AWS}gpu-memory")


@st.composite
def expressions(draw: st.DrawFn) -> Expression:
    if draw(st.integers(0, 3)) == 0:
        key = draw(st.sampled_from(NUMBERS))
        return key, draw(st.sampled_from(["Gt", "Lt", "Gte", "Lte"])), str(draw(st.sampled_from([0, 1, 4, 16, 65536])))
    key = draw(st.sampled_from(sorted(LABELS)))
    operator = draw(st.sampled_from(["In", "In", "In", "NotIn", "Exists", "DoesNotExist"]))
    if operator in ("Exists", "DoesNotExist"):
        return key, operator
    values = draw(st.lists(st.sampled_from(LABELS[key]), min_size=1, max_size=3, unique=True))
    return (key, operator, *values)


TAINTS = st.sampled_from(
    [("nvidia.com/gpu", "true", "NoSchedule"), ("team", "red", "NoExecute"), ("a", "", "PreferNoSchedule")]
)
POOLS = st.fixed_dictionaries(
    {
        "requirements": st.lists(expressions(), max_size=4),
        "labels": st.dictionaries(st.sampled_from(["team", "tier"]), st.sampled_from(["red", "blue"]), max_size=2),
        "taints": st.lists(TAINTS, max_size=2, unique=True),
        "limits": st.dictionaries(
            st.sampled_from(["cpu", "nvidia.com/gpu"]), st.sampled_from([0, 4, 8, 100]), max_size=1
        ),
    }
)
PODS = st.fixed_dictionaries(
    {
        "selector": st.dictionaries(st.sampled_from(sorted(LABELS)), st.just(0), max_size=2),
        "pick": st.integers(0, 5),
        "terms": st.lists(st.lists(expressions(), min_size=1, max_size=2), max_size=2),
        "gpus": st.sampled_from([0, 0, 1, 2, 4, 8, 16]),
        "cpu": st.sampled_from([100, 3700, 3800, 15700, 90000]),
        "memory": st.sampled_from([1, 13, 14, 120, 900]),
        "tolerations": st.lists(
            st.sampled_from(
                [
                    {"key": "nvidia.com/gpu", "operator": "Exists"},
                    {"key": "team", "value": "red", "effect": "NoExecute"},
                    {"operator": "Exists", "effect": "NoSchedule"},
                ]
            ),
            max_size=2,
        ),
    }
)


def pod_spec(wish: Object) -> Object:
    selector = {key: LABELS[key][wish["pick"] % len(LABELS[key])] for key in sorted(wish["selector"])}
    requests: Object = {"cpu": f"{wish['cpu']}m", "memory": f"{wish['memory']}Gi"}
    if wish["gpus"]:
        requests["nvidia.com/gpu"] = wish["gpus"]
    spec: Object = {
        "nodeSelector": selector,
        "tolerations": wish["tolerations"],
        "containers": [{"name": "main", "resources": {"requests": requests}}],
    }
    if wish["terms"]:
        terms = [
            {"matchExpressions": [{"key": k, "operator": o, "values": list(v)} for k, o, *v in term]}
            for term in wish["terms"]
        ]
        required = {"nodeSelectorTerms": terms}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    return spec


def holds(expression: Expression, value: str | None) -> bool:
    _, operator, *values = expression
    if operator == "In":
        return value in values
    if operator == "NotIn":
        return value not in values
    if operator in ("Exists", "DoesNotExist"):
        return (value is None) == (operator == "DoesNotExist")
    if value is None or not value.isdigit():
        return False
    number, bound = int(value), int(values[0])
    return {"Gt": number > bound, "Lt": number < bound, "Gte": number >= bound, "Lte": number <= bound}[operator]


def node_labels(instance: InstanceType) -> dict[str, str | None]:
    gpu = load_catalog().gpus[instance.gpu] if instance.gpu else None
    return {
        f"{AWS}family": instance.name.split(".")[0],
        f"{AWS}size": instance.name.split(".")[1],
        f"{AWS}gpu-name": gpu.karpenter_name if gpu else None,
        f"{AWS}gpu-count": str(instance.gpu_count) if gpu else None,
        f"{AWS}gpu-memory": str(instance.gpu_memory_mib) if gpu else None,
        f"{AWS}cpu": str(instance.vcpu),
        f"{AWS}memory": str(instance.memory_mib),
        "kubernetes.io/arch": instance.arch,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": instance.name,
        "karpenter.sh/nodepool": "pool",
    }


def tolerates(pod: Object, taint: tuple[str, str, str], gpus: int) -> bool:
    key, value, effect = taint
    if effect == "PreferNoSchedule" or (gpus and key == "nvidia.com/gpu"):
        return True
    for toleration in pod["tolerations"]:
        if toleration.get("effect", effect) != effect or toleration.get("key", key) != key:
            continue
        if toleration.get("operator") == "Exists" or toleration.get("value", "") == value:
            return True
    return False


def brute_force(pool: Object, wish: Object, spec: Object) -> set[str]:
    """The instance types on which the pod runs: every way to give a node's free labels a value is tried."""
    found = set()
    if not all(tolerates(spec, taint, wish["gpus"]) for taint in pool["taints"]):
        return found
    free: dict[str, list[str | None]] = {
        "topology.kubernetes.io/zone": ["us-east-1a", "us-east-1b", "us-east-1z"],
        # The EC2NodeClass selects no reservations.
        "karpenter.sh/capacity-type": ["on-demand", "spot"],
        "team": ["red", "blue", "green", None],
    }
    if "team" in pool["labels"]:
        free["team"] = [pool["labels"]["team"]]
    elif all(key != "team" for key, *_ in pool["requirements"]):
        free["team"] = [None]
    selected = [(key, "In", value) for key, value in spec["nodeSelector"].items()]
    terms = wish["terms"] or [[]]
    for instance in load_catalog().instances.values():
        gpus = 0 if instance.gpu is None or instance.gpu.startswith("radeon") else instance.gpu_count
        if wish["gpus"] > gpus or wish["cpu"] + 150 > instance.allocatable_cpu_millis:
            continue
        if wish["memory"] * 1024 > instance.allocatable_memory_mib:
            continue
        if pool["limits"].get("cpu", 10**6) < instance.vcpu or pool["limits"].get("nvidia.com/gpu", 10**6) < gpus:
            continue
        fixed = node_labels(instance)
        for term in terms:
            every = [*pool["requirements"], *selected, *term]
            if all(
                any(
                    all(holds(wanted, value) for wanted in every if wanted[0] == key)
                    for value in (free[key] if key in free else [fixed.get(key)])
                )
                for key in {wanted[0] for wanted in every}
            ):
                found.add(instance.name)
    return found


def views(clusters: MAKE, node_class: Object, node_pool: MAKE, pool: Object, spec: Object) -> tuple[PodView, PoolView]:
    taints = [{"key": key, "value": value, "effect": effect} for key, value, effect in pool["taints"]]
    value = node_pool("pool", pool["requirements"], pool["labels"], taints, pool["limits"])
    cluster: Cluster = clusters(node_class, value)
    (found,) = cluster.once(pools)
    return pod_view(spec), found.view


@settings(max_examples=400, deadline=None)
@given(pool=POOLS, wish=PODS)
def test_fit_is_what_a_search_over_the_table_finds(
    clusters: MAKE, node_class: Object, node_pool: MAKE, pool: Object, wish: Object
) -> None:
    spec = pod_spec(wish)
    pod, view = views(clusters, node_class, node_pool, pool, spec)
    fit = judge(pod, view)
    expected = brute_force(pool, wish, spec)
    given_problem = problem(pod, view)
    assert {types()[index].name for index in members(given_problem.known(range(len(given_problem.atoms))))} == expected
    # Karpenter takes the first alternative that works.
    names = {types()[index].name for index in members(fit.bits)}
    assert names <= expected
    assert bool(names) == bool(expected)
    if len(wish["terms"]) < 2:
        assert names == expected


@settings(max_examples=200, deadline=None)
@given(pool=POOLS, wish=PODS)
def test_conflicts_are_minimal(clusters: MAKE, node_class: Object, node_pool: MAKE, pool: Object, wish: Object) -> None:
    pod, view = views(clusters, node_class, node_pool, pool, pod_spec(wish))
    given_problem = problem(pod, view)
    conflict = smallest_conflict(given_problem)
    assert bool(conflict) != given_problem.possible(range(len(given_problem.atoms)))
    if conflict:
        assert not given_problem.possible(conflict)
        for smaller in combinations(conflict, len(conflict) - 1):
            assert given_problem.possible(smaller)


@settings(max_examples=300, deadline=None)
@given(pool=POOLS, wish=PODS)
def test_fixes_fix(clusters: MAKE, node_class: Object, node_pool: MAKE, pool: Object, wish: Object) -> None:
    spec = pod_spec(wish)
    pod, view = views(clusters, node_class, node_pool, pool, spec)
    if judge(pod, view).bits:
        return
    reason = explain(pod, view)
    assume(reason.fix)
    changes = reason.fix.split(" and ")
    assert len(changes) == len(reason.touched)
    states: list[tuple[Object, Object, Object]] = [(pool, wish, spec)]
    for change in changes:
        states = [after for state in states for after in applied(change, *copy.deepcopy(state))]
    assert any(brute_force(*state) for state in states), reason.fix


def applied(change: str, pool: Object, wish: Object, spec: Object) -> Iterator[tuple[Object, Object, Object]]:
    """Every way to understand a fix: the changed pool, wish and pod."""
    words = change.removesuffix(" of NodePool pool")
    entries = range(len(pool["requirements"]))
    if match := re.fullmatch(r"add the toleration (\S+) Exists (\S+)", words):
        spec["tolerations"] = [*spec["tolerations"], {"key": match[1], "operator": "Exists", "effect": match[2]}]
        yield pool, wish, spec
    elif match := re.fullmatch(r"raise the limit (\S+) of NodePool pool to at least (\d+)", change):
        pool["limits"][match[1]] = int(match[2])
        yield pool, wish, spec
    elif match := re.fullmatch(r"lower the request of (\S+) from \S+ to (?:at most )?(\S+)", words):
        key, value = match[1], match[2]
        if key == "nvidia.com/gpu":
            wish["gpus"] = int(value)
        elif key == "cpu":
            wish["cpu"] = int(value.removesuffix("m")) if value.endswith("m") else int(value) * 1000
        else:
            wish["memory"] = int(value.removesuffix("Gi")) if value.endswith("Gi") else int(value[:-2]) / 1024
        yield pool, wish, spec
    elif words == "remove the request of nvidia.com/gpu":
        yield pool, {**wish, "gpus": 0}, spec
    elif words == "remove the request of nvidia.com/gpu but add the toleration nvidia.com/gpu Exists NoSchedule":
        spec["tolerations"] = [*spec["tolerations"], {"key": "nvidia.com/gpu", "operator": "Exists"}]
        yield pool, {**wish, "gpus": 0}, spec
    elif match := re.fullmatch(r"change the nodeSelector (\S+) from \S+ to (\S+)", words):
        spec["nodeSelector"][match[1]] = match[2]
        yield pool, wish, spec
    elif match := re.fullmatch(r"remove the nodeSelector (\S+)", words):
        del spec["nodeSelector"][match[1]]
        yield pool, wish, spec
    elif words == "remove the required node affinity":
        yield pool, {**wish, "terms": []}, spec
    elif match := re.fullmatch(r"change the node affinity (\S+) from (\S+) to (\S+)", words):
        for number, expression in enumerate(wish["terms"][0]):
            if expression[0] == match[1]:
                term = list(wish["terms"][0])
                term[number] = (match[1], "In", match[3])
                yield pool, {**wish, "terms": [term]}, spec
    elif match := re.fullmatch(r"remove the node affinity for (\S+)", words):
        for number, expression in enumerate(wish["terms"][0]):
            if expression[0] == match[1]:
                term = [other for index, other in enumerate(wish["terms"][0]) if index != number]
                yield pool, {**wish, "terms": [term]}, spec
    elif match := re.fullmatch(
        r"(add|change) the label (\S+?)(?:=| of NodePool pool to )(\S+)(?: to the template)?", words
    ):
        pool["labels"][match[2]] = match[3]
        yield pool, wish, spec
    elif match := re.fullmatch(r"remove the label (\S+)", words):
        del pool["labels"][match[1]]
        yield pool, wish, spec
    elif match := re.fullmatch(
        r"(?:add|remove) (?:one that fits, such as )?(\S+?),? (to|from) the values of (\S+)", words
    ):
        for number in entries:
            key, operator, *values = pool["requirements"][number]
            if key == match[3] and operator in ("In", "NotIn"):
                changed = [*values, match[1]] if match[2] == "to" else [value for value in values if value != match[1]]
                yield with_requirement(pool, number, (key, operator, *changed)), wish, spec
    elif match := re.fullmatch(r"remove the requirement for (\S+)", words):
        for number in entries:
            if pool["requirements"][number][0] == match[1]:
                yield with_requirement(pool, number, None), wish, spec
    else:
        raise AssertionError(f"what does {change!r} mean?")


def with_requirement(pool: Object, number: int, requirement: Expression | None) -> Object:
    others = list(pool["requirements"])
    others[number : number + 1] = [] if requirement is None else [requirement]
    return {**pool, "requirements": others}


def test_a_problem_of_no_atoms_leaves_everything(clusters: MAKE, node_class: Object, node_pool: MAKE) -> None:
    _, view = views(clusters, node_class, node_pool, {"requirements": [], "labels": {}, "taints": [], "limits": {}}, {})
    assert len(list(members(build(view, ()).known(())))) == len(load_catalog().instances)
