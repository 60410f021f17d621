"""The proof of whole clusters."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.model import ConstraintKind, Placement, PoolVerdict, Schedule
from nimfleet.cluster.scheduling.schedule import barren, schedule
from nimfleet.config.model import NodeGroup, Taint

Object = dict[str, Any]
Make = Callable[..., Any]
FAMILY = "karpenter.k8s.aws/instance-family"
GPU = {"nvidia.com/gpu": 1, "cpu": "2", "memory": "8Gi"}
TAINT = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}


@pytest.fixture
def placed(clusters: Make, node_class: Object) -> Callable[..., Schedule]:
    def place(*values: Object, groups: tuple[NodeGroup, ...] = ()) -> Schedule:
        cluster: Cluster = clusters(node_class, *values, groups=groups)
        return cluster.once(schedule)

    return place


def only(found: Schedule) -> Placement:
    (placement,) = found.placements
    return placement


def chosen(placement: Placement) -> tuple[str, str]:
    assert placement.chosen is not None
    verdict, offer = placement.chosen
    return verdict.pool, offer.instance.name


def verdict_of(placement: Placement, pool: str) -> PoolVerdict:
    return next(verdict for verdict in placement.verdicts if verdict.pool == pool)


def test_the_heaviest_pool_goes_first_then_the_last_by_name(placed: Make, node_pool: Make, deployment: Make) -> None:
    a = node_pool("a", [(FAMILY, "In", "g6")])
    b = node_pool("b", [(FAMILY, "In", "p5")])
    assert chosen(only(placed(a, b, deployment(GPU)))) == ("b", "p5.4xlarge")
    heavy = node_pool("a", [(FAMILY, "In", "g6")], weight=10)
    assert chosen(only(placed(heavy, b, deployment(GPU)))) == ("a", "g6.xlarge")


def test_a_pool_with_a_soft_taint_is_the_last_choice(placed: Make, node_pool: Make, deployment: Make) -> None:
    soft = [{"key": "costly", "effect": "PreferNoSchedule"}]
    a = node_pool("a", [(FAMILY, "In", "g6")])
    b = node_pool("b", [(FAMILY, "In", "g6")], taints=soft, weight=50)
    assert chosen(only(placed(a, b, deployment(GPU))))[0] == "a"
    assert chosen(only(placed(b, deployment(GPU))))[0] == "b"


def preferring(family: str) -> Object:
    wish = {"matchExpressions": [{"key": FAMILY, "operator": "In", "values": [family]}]}
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": wish}]}}


def test_a_preference_is_a_must_while_a_pool_meets_it(placed: Make, node_pool: Make, deployment: Make) -> None:
    a = node_pool("a", [(FAMILY, "In", "g5", "g6")])
    b = node_pool("b", [(FAMILY, "In", "p5")])
    assert chosen(only(placed(a, b, deployment(GPU, affinity=preferring("g5"))))) == ("a", "g5.xlarge")
    assert chosen(only(placed(a, b, deployment(GPU, affinity=preferring("g4dn")))))[0] == "b"


def test_the_admission_plugin_tolerates_a_taint_named_for_the_resource(
    placed: Make, node_pool: Make, deployment: Make
) -> None:
    tainted = node_pool("g5", [(FAMILY, "In", "g5")], taints=[TAINT])
    found = only(placed(tainted, deployment(GPU)))
    assert chosen(found)[0] == "g5"
    assert found.by_admission == ("nvidia.com/gpu",)
    own = only(placed(tainted, deployment(GPU, tolerations=[{"operator": "Exists"}])))
    assert own.by_admission == ()
    forever = [{**TAINT, "effect": "NoExecute"}]
    refused = only(placed(node_pool("g5", [(FAMILY, "In", "g5")], taints=forever), deployment(GPU)))
    assert refused.chosen is None
    assert [constraint.kind for constraint in verdict_of(refused, "g5").conflict] == [ConstraintKind.TAINT]
    assert verdict_of(refused, "g5").conflict[0].pointer == ("spec", "template", "spec", "taints", 0)
    both = only(placed(node_pool("g5", [(FAMILY, "In", "g5")], taints=[TAINT, *forever]), deployment(GPU)))
    assert [each.pointer[-1] for each in verdict_of(both, "g5").conflict] == [1]


def test_startup_taints_keep_nobody_away(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    pool["spec"]["template"]["spec"]["startupTaints"] = [TAINT]
    assert chosen(only(placed(pool, deployment({"cpu": "1"}))))[0] == "g5"


def test_the_cheapest_type_that_holds_the_pod_and_the_daemons(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    # g5.xlarge has 3920m for pods, of which the DaemonSets of EKS take 150m.
    assert chosen(only(placed(pool, deployment({"cpu": "3770m"}))))[1] == "g5.xlarge"
    assert chosen(only(placed(pool, deployment({"cpu": "3771m"}))))[1] == "g5.2xlarge"
    daemon = deployment({"cpu": "500m"}, name="agent")
    daemon["kind"] = "DaemonSet"
    assert chosen(only(placed(pool, daemon, deployment({"cpu": "3770m"}))))[1] == "g5.2xlarge"


def test_daemons_that_do_not_run_there_take_nothing(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")], taints=[TAINT])
    pod = deployment({"cpu": "3770m", "nvidia.com/gpu": 1})
    intolerant = deployment({"cpu": "500m"}, name="agent")
    elsewhere = deployment(
        {"cpu": "500m"}, name="agent", nodeSelector={"role": "cpu"}, tolerations=[{"operator": "Exists"}]
    )
    for daemon in (intolerant, elsewhere):
        daemon["kind"] = "DaemonSet"
        assert chosen(only(placed(pool, daemon, pod)))[1] == "g5.xlarge"


def test_offers_have_zones_capacity_types_and_room(placed: Make, node_pool: Make, deployment: Make) -> None:
    requirements = [
        (FAMILY, "In", "g6"),
        ("topology.kubernetes.io/zone", "In", "us-east-1b", "us-east-1a"),
        ("karpenter.sh/capacity-type", "In", "on-demand", "spot"),
    ]
    found = only(placed(node_pool("g6", requirements), deployment(GPU)))
    offers = {offer.instance.name: offer for offer in verdict_of(found, "g6").offers}
    assert offers["g6.12xlarge"].pods_a_node == 4
    assert offers["g6.xlarge"].zones == ("us-east-1a", "us-east-1b")
    assert offers["g6.xlarge"].capacity_types == ("spot", "on-demand")
    prices = [offer.instance.price_usd_hour or 0 for offer in verdict_of(found, "g6").offers]
    assert prices == sorted(prices)


def test_unknown_types_are_not_called_impossible(placed: Make, node_pool: Make, deployment: Make) -> None:
    category = "karpenter.k8s.aws/instance-category"
    huge = {"cpu": "500", "memory": "8Gi"}
    found = only(placed(node_pool("cpu", [(category, "In", "m")]), deployment(huge)))
    assert found.unknown
    assert verdict_of(found, "cpu").unknown
    assert found.nearest is None
    # But no type of that category has GPUs.
    assert not only(placed(node_pool("cpu", [(category, "In", "m")]), deployment(GPU))).unknown


def test_an_unlabelled_pod_may_run_on_nodes_that_are_not_karpenters(
    placed: Make, node_pool: Make, deployment: Make
) -> None:
    tainted = node_pool("g5", [(FAMILY, "In", "g5")], taints=[TAINT])
    assert only(placed(tainted, deployment({"cpu": "1"}))).unknown
    selected = deployment({"cpu": "1"}, nodeSelector={"karpenter.sh/nodepool": "g5"})
    assert not only(placed(tainted, selected)).unknown
    # Only pools of Karpenter have this label.
    labelled = node_pool("g5", [(FAMILY, "In", "g5")], labels={"team": "red"})
    assert not only(placed(labelled, deployment({"cpu": "1"}, nodeSelector={"team": "blue"}))).unknown
    assert only(placed(tainted, deployment({"cpu": "1"}, nodeSelector={"team": "blue"}))).unknown


def test_a_node_group_that_nobody_declared_may_exist(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    named = deployment(GPU, nodeSelector={"eks.amazonaws.com/nodegroup": "gpus"})
    assert only(placed(pool, named)).unknown
    assert not only(placed(pool, named, groups=(NodeGroup("other", ("g5.xlarge",)),))).unknown
    assert chosen(only(placed(pool, named, groups=(NodeGroup("gpus", ("g5.xlarge",)),)))) == ("gpus", "g5.xlarge")


@pytest.mark.parametrize(
    "pod", [{"nodeName": "ip-10-0-0-1"}, {"schedulerName": "volcano"}, {"resourceClaims": [{"name": "gpu"}]}]
)
def test_what_the_scheduler_does_not_decide_is_unknown(
    placed: Make, node_pool: Make, deployment: Make, pod: Object
) -> None:
    found = only(placed(node_pool("g5", [(FAMILY, "In", "g5")]), deployment(GPU, **pod)))
    assert found.chosen is None
    assert found.unknown


def test_a_node_group_takes_what_it_can(placed: Make, node_pool: Make, deployment: Make) -> None:
    group = NodeGroup(
        "gpus", ("g5.12xlarge",), (("role", "gpu"),), (Taint("nvidia.com/gpu", "true", "NoSchedule"),), max_nodes=2
    )
    pool = node_pool("cpu", [(FAMILY, "In", "m6i")])
    found = only(placed(pool, deployment(GPU, nodeSelector={"role": "gpu"}), groups=(group,)))
    assert chosen(found) == ("gpus", "g5.12xlarge")
    wrong = only(placed(pool, deployment(GPU, nodeSelector={"role": "cpu"}), groups=(group,)))
    assert wrong.chosen is None
    labels = deployment(GPU, nodeSelector={"karpenter.k8s.aws/instance-family": "g5"})
    assert only(placed(labels, groups=(group,))).chosen is None
    foreign = NodeGroup("other", ("z9.large",))
    assert only(placed(deployment(GPU), groups=(foreign,))).unknown


def test_nodes_are_bought_as_karpenter_packs(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    found = placed(pool, deployment(GPU, replicas=6))
    # Six wait together: one node of 48xlarge holds them all, which Karpenter takes as one node.
    assert [(each.instance_type, each.count) for each in found.bill.floor] == [("g5.48xlarge", 1)]
    narrow = node_pool("g5", [(FAMILY, "In", "g5"), ("karpenter.k8s.aws/instance-gpu-count", "In", "1")])
    found = placed(narrow, deployment(GPU, replicas=6))
    assert [(each.instance_type, each.count, each.usd_hour) for each in found.bill.floor] == [("g5.xlarge", 6, 6.036)]


def apart(name: str, key: str) -> Object:
    term = {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": key}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def test_pods_that_keep_apart_have_nodes_of_their_own(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    found = placed(pool, deployment(GPU, replicas=3, affinity=apart("app", "kubernetes.io/hostname")))
    assert [(each.instance_type, each.count) for each in found.bill.floor] == [("g5.xlarge", 3)]
    other = placed(pool, deployment(GPU, replicas=3, affinity=apart("other", "kubernetes.io/hostname")))
    assert [(each.instance_type, each.count) for each in other.bill.floor] == [("g5.12xlarge", 1)]


ZONE = "topology.kubernetes.io/zone"


def test_more_replicas_than_zones(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5"), (ZONE, "In", "us-east-1a", "us-east-1b")])
    pods = deployment({"nvidia.com/gpu": 1}, replicas=3, affinity=apart("app", ZONE))
    found = only(placed(pool, pods))
    assert found.chosen is None
    assert [each.kind for each in verdict_of(found, "g5").conflict] == [ConstraintKind.SPREAD, ConstraintKind.ZONE]
    assert verdict_of(found, "g5").fix == "lower the replicas to 2, or only prefer to spread them"
    third = node_pool("g6", [(FAMILY, "In", "g6"), (ZONE, "In", "us-east-1c")])
    assert only(placed(pool, third, pods)).chosen is not None
    assert only(placed(node_pool("g5", [(FAMILY, "In", "g5")]), pods)).chosen is not None


def spread(least: int) -> list[Object]:
    return [
        {
            "maxSkew": 1,
            "minDomains": least,
            "topologyKey": ZONE,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "app"}},
        }
    ]


def test_more_domains_than_zones(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5"), (ZONE, "In", "us-east-1a", "us-east-1b")])
    wide = deployment({"nvidia.com/gpu": 1}, replicas=3, topologySpreadConstraints=spread(3))
    assert only(placed(pool, wide)).chosen is None
    narrow = deployment({"nvidia.com/gpu": 1}, replicas=3, topologySpreadConstraints=spread(2))
    assert only(placed(pool, narrow)).chosen is not None


def test_limits_that_are_too_low_for_all_pods(placed: Make, node_pool: Make, deployment: Make) -> None:
    selector = [(FAMILY, "In", "g5"), ("karpenter.k8s.aws/instance-gpu-count", "In", "1")]
    pool = node_pool("g5", selector, limits={"nvidia.com/gpu": 2, "cpu": "1000"})
    assert placed(pool, deployment(GPU, replicas=2)).over_limit == {}
    assert placed(pool, deployment(GPU, replicas=3)).over_limit == {"g5": {"nvidia.com/gpu": (3, 2)}}
    # Nodes count whole: each has four CPUs.
    cpus = node_pool("g5", selector, limits={"cpu": "10"})
    assert placed(cpus, deployment(GPU, replicas=3)).over_limit == {"g5": {"cpu": (12, 10)}}
    nodes = node_pool("g5", selector, limits={"nodes": 2})
    assert placed(nodes, deployment(GPU, replicas=3)).over_limit == {"g5": {"nodes": (3, 2)}}


def test_pods_that_find_another_pool_are_not_over_the_limit(placed: Make, node_pool: Make, deployment: Make) -> None:
    first = node_pool("b", [(FAMILY, "In", "g5")], limits={"nvidia.com/gpu": 1})
    second = node_pool("a", [(FAMILY, "In", "g6")])
    found = placed(first, second, deployment(GPU, replicas=3))
    assert found.over_limit == {}
    assert {each.pool for each in found.bill.ceiling} == {"a", "b"}


def test_one_node_above_the_limit_is_a_conflict(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("p4d", [(FAMILY, "In", "p4d")], limits={"nvidia.com/gpu": 4})
    found = only(placed(pool, deployment(GPU)))
    verdict = verdict_of(found, "p4d")
    assert ConstraintKind.LIMIT in {constraint.kind for constraint in verdict.conflict}
    assert verdict.fix == "raise the limit nvidia.com/gpu of NodePool p4d to at least 8"


@pytest.mark.parametrize(("least", "fits"), [(2, True), (3, False)])
def test_min_values_need_as_many_different_types(
    placed: Make, node_pool: Make, deployment: Make, least: int, fits: bool
) -> None:
    pool = node_pool("gpu", [(FAMILY, "In", "g5", "g6", "p4d")])
    pool["spec"]["template"]["spec"]["requirements"][0]["minValues"] = least
    pods = deployment({"cpu": "2"}, nodeSelector={"karpenter.k8s.aws/instance-gpu-count": "1"})
    found = only(placed(pool, pods))
    assert (found.chosen is not None) == fits
    if not fits:
        assert ConstraintKind.MIN_VALUES in {each.kind for each in verdict_of(found, "gpu").conflict}


def test_the_root_volume_must_hold_what_is_asked(
    clusters: Make, node_class: Object, node_pool: Make, deployment: Make
) -> None:
    pods = deployment({"cpu": "1", "ephemeral-storage": "300Gi"}, nodeSelector={"karpenter.sh/nodepool": "g5"})
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    verdict = verdict_of(only(clusters(node_class, pool, pods).once(schedule)), "g5")
    assert [each.text for each in verdict.conflict] == [
        "request of 300Gi ephemeral-storage",
        "root volume of 200Gi of the EC2NodeClass of NodePool g5",
    ]
    assert verdict.conflict[1].pointer == ("spec", "blockDeviceMappings", 0, "ebs", "volumeSize")
    assert verdict.fix == "raise the root volume of the EC2NodeClass of NodePool g5 to 335Gi"
    larger = copy.deepcopy(node_class)
    larger["spec"]["blockDeviceMappings"][0]["ebs"]["volumeSize"] = "335Gi"
    assert only(clusters(larger, pool, pods).once(schedule)).chosen is not None
    # Without the class, nobody knows.
    assert only(clusters(pool, pods).once(schedule)).chosen is not None


def test_a_label_that_no_pool_gives(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    found = only(placed(pool, deployment(GPU, nodeSelector={"nvidia.com/gpu.product": "NVIDIA-A10G"})))
    verdict = verdict_of(found, "g5")
    assert [each.text for each in verdict.conflict] == [
        "nodeSelector nvidia.com/gpu.product=NVIDIA-A10G",
        "NodePool g5 gives its nodes no label nvidia.com/gpu.product",
    ]
    assert verdict.fix == (
        "select karpenter.k8s.aws/instance-gpu-name=a10g instead, which Karpenter knows before the node is there"
    )
    exists = node_pool("g5", [(FAMILY, "In", "g5"), ("nvidia.com/gpu.product", "Exists")])
    assert only(placed(exists, deployment(GPU, nodeSelector={"nvidia.com/gpu.product": "NVIDIA-A10G"}))).chosen


def test_the_nearest_pool_is_the_one_that_the_pod_means(placed: Make, node_pool: Make, deployment: Make) -> None:
    pools = [node_pool(name, [(FAMILY, "In", name)]) for name in ("g4dn", "g5", "g6")]
    found = only(placed(*pools, deployment({"nvidia.com/gpu": 16}, nodeSelector={"karpenter.sh/nodepool": "g5"})))
    assert found.nearest is not None
    assert found.nearest.pool == "g5"
    assert found.nearest.fix == "lower the request of nvidia.com/gpu from 16 to 8"
    # Although another pool needs fewer changes.
    small = [node_pool("g4dn", [(FAMILY, "In", "g4dn")]), node_pool("g5", [(FAMILY, "In", "m6i")], limits={"cpu": 1})]
    found = only(placed(*small, deployment(GPU, nodeSelector={"karpenter.sh/nodepool": "g5"})))
    assert found.nearest is not None
    assert (found.nearest.pool, found.nearest.changes) == ("g5", 2)
    by_label = deployment({"nvidia.com/gpu": 16}, nodeSelector={"karpenter.k8s.aws/instance-gpu-name": "a10g"})
    found = only(placed(*pools, by_label))
    assert found.nearest is not None
    assert found.nearest.pool == "g5"


def karpenter(**values: Any) -> Object:
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "karpenter", "namespace": "flux-system"},
        "spec": {"chart": {"spec": {"chart": "karpenter"}}, "values": {"settings": values}},
    }


def test_min_values_may_be_given_up(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    pool["spec"]["template"]["spec"]["requirements"][0]["minValues"] = 2
    assert only(placed(pool, deployment(GPU), karpenter(minValuesPolicy="Strict"))).chosen is None
    assert only(placed(pool, deployment(GPU), karpenter(minValuesPolicy="BestEffort"))).chosen is not None


def test_no_room_for_one_more_pod(clusters: Make, node_class: Object, node_pool: Make, deployment: Make) -> None:
    crowded = copy.deepcopy(node_class)
    crowded["spec"]["kubelet"] = {"maxPods": 2}
    pods = deployment(GPU)
    verdict = verdict_of(only(clusters(crowded, node_pool("g5", [(FAMILY, "In", "g5")]), pods).once(schedule)), "g5")
    assert ConstraintKind.PODS in {each.kind for each in verdict.conflict}
    assert verdict.fix == "let the kubelet of the EC2NodeClass of NodePool g5 run at least 3 pods"


def test_a_family_that_is_nearly_right(placed: Make, node_pool: Make, deployment: Make) -> None:
    pods = deployment(GPU, nodeSelector={"karpenter.sh/nodepool": "a"})
    for family, fix in (("g55", "add g5 to"), ("g6f", "add g6 to"), ("m6i", "add one that fits, such as g4dn, to")):
        verdict = verdict_of(only(placed(node_pool("a", [(FAMILY, "In", family)]), pods)), "a")
        assert verdict.fix == f"{fix} the values of {FAMILY} of NodePool a"


def test_a_download_is_sent_to_gpus_that_run_the_model(placed: Make, node_pool: Make) -> None:
    image = "nvcr.io/nim/meta/llama-3.1-8b-instruct"
    select = {"karpenter.sh/nodepool": "a", "karpenter.k8s.aws/instance-gpu-count": "1"}
    cache = {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMCache",
        "metadata": {"name": "llama", "namespace": "nim"},
        "spec": {"source": {"ngc": {"modelPuller": f"{image}:1.3.3", "model": {}}}, "nodeSelector": select},
    }
    service = {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMService",
        "metadata": {"name": "llama", "namespace": "nim"},
        "spec": {
            "image": {"repository": image, "tag": "1.3.3"},
            "storage": {"nimCache": {"name": "llama"}},
            "resources": {"limits": {"nvidia.com/gpu": 1}},
        },
    }
    pool = node_pool("a", [(FAMILY, "In", "m6i")])
    for objects, family in (((cache,), "g4ad"), ((cache, service), "g6")):
        found = next(each for each in placed(pool, *objects).placements if each.pods.owner.id.kind == "NIMCache")
        fix = f"add one that fits, such as {family}, to the values of {FAMILY} of NodePool a"
        assert verdict_of(found, "a").fix == fix


def test_memory_overhead_is_read_from_the_release(placed: Make, node_pool: Make, deployment: Make) -> None:
    release = karpenter(vmMemoryOverheadPercent=0.2)
    pool = node_pool("g5", [(FAMILY, "In", "g5"), ("karpenter.k8s.aws/instance-cpu", "In", "4", "8")])
    pods = deployment({"memory": "13Gi"})
    assert chosen(only(placed(pool, pods)))[1] == "g5.xlarge"
    assert chosen(only(placed(pool, pods, release)))[1] == "g5.2xlarge"


def test_services_share_the_bill_by_gpu(placed: Make, node_pool: Make) -> None:
    service = {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMService",
        "metadata": {"name": "llama", "namespace": "nim"},
        "spec": {
            "resources": {"limits": {"nvidia.com/gpu": 2}},
            "scale": {"enabled": True, "hpa": {"minReplicas": 1, "maxReplicas": 2}},
        },
    }
    found = placed(node_pool("g5", [(FAMILY, "In", "g5")]), service)
    assert [(each.instance_type, each.count) for each in found.bill.ceiling] == [("g5.12xlarge", 1)]
    assert found.bill.models == {"nim/llama": (2.836, 2.836, 5.672)}


def test_an_enormous_number_of_replicas_is_counted(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [("node.kubernetes.io/instance-type", "In", "g5.xlarge")])
    found = placed(pool, deployment(GPU, replicas=2**31 - 1))
    assert [each.count for each in found.bill.floor] == [2**31 - 1]


def test_jobs_are_placed_but_not_billed(placed: Make, node_pool: Make, deployment: Make) -> None:
    job = deployment(GPU)
    job["apiVersion"], job["kind"] = "batch/v1", "Job"
    found = placed(node_pool("g5", [(FAMILY, "In", "g5")]), job)
    assert chosen(only(found))[0] == "g5"
    assert found.bill.floor == ()


@pytest.mark.parametrize(
    "spec", [None, [], {"template": 3}, {"template": {"spec": {"requirements": [1, {"key": 2}], "taints": "x"}}}]
)
def test_nonsense_does_not_crash(placed: Make, deployment: Make, spec: Any) -> None:
    pool = {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "x"}, "spec": spec}
    for placement in placed(pool, deployment(GPU)).placements:
        assert isinstance(placement.verdicts[0].fix, str)


def test_an_overlay_may_give_nodes_any_resource(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    slices = deployment({"nvidia.com/mig-1g.5gb": 1})
    assert only(placed(pool, slices)).nearest is not None
    overlay = {
        "apiVersion": "karpenter.sh/v1alpha1",
        "kind": "NodeOverlay",
        "metadata": {"name": "mig"},
        "spec": {"capacity": {"nvidia.com/mig-1g.5gb": 7}},
    }
    assert only(placed(pool, slices, overlay)).chosen is not None


def test_terms_with_fields_ask_for_no_label(placed: Make, node_pool: Make, deployment: Make) -> None:
    fields = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}
    wish = {"matchExpressions": [{"key": "team", "operator": "In", "values": ["red"]}]}
    pool = node_pool("g5", [(FAMILY, "In", "g5")])
    for terms, fits in (([wish, fields], True), ([fields], True), ([wish, {}], False)):
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        found = only(placed(pool, deployment(GPU, affinity={"nodeAffinity": required})))
        assert (found.chosen is not None) == fits


def test_pools_of_eks_auto_mode_are_unknown(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("auto", [("eks.amazonaws.com/instance-family", "In", "g5")])
    reference = {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default"}
    pool["spec"]["template"]["spec"]["nodeClassRef"] = reference
    assert only(placed(pool, deployment(GPU))).unknown
    assert not only(placed(pool, deployment(GPU, nodeSelector={"team": "red"}))).unknown


def scaler(name: str, least: int, most: int) -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most},
    }


def test_what_is_too_little_as_usual_and_what_at_most(placed: Make, node_pool: Make, deployment: Make) -> None:
    pool = node_pool("g5", [(FAMILY, "In", "g5")], limits={"nvidia.com/gpu": 2})
    fixed = placed(pool, deployment(GPU, replicas=3))
    assert fixed.over_usual == fixed.over_limit == {"g5": {"nvidia.com/gpu": (3, 2)}}
    scaled = placed(pool, deployment(GPU, replicas=1), scaler("app", 1, 3))
    assert (scaled.over_usual, scaled.over_limit) == ({}, {"g5": {"nvidia.com/gpu": (3, 2)}})


def test_a_declared_group_has_so_many_nodes(placed: Make, deployment: Make) -> None:
    pods = deployment(GPU, replicas=3, nodeSelector={"eks.amazonaws.com/nodegroup": "gpu"})
    few, enough = (NodeGroup("gpu", ("g5.xlarge",), (), (), most) for most in (2, 3))
    found = placed(pods, groups=(few,))
    assert (found.over_limit, found.bill.ceiling) == ({"gpu": {"nodes": (3, 2)}}, ())
    assert placed(pods, groups=(enough,)).over_limit == {}


def test_equal_pods_share_nodes_and_their_price(placed: Make, node_pool: Make) -> None:
    def nim(name: str, replicas: int) -> Object:
        spec = {
            "image": {"repository": "example.com/nim", "tag": "1"},
            "resources": {"requests": {"cpu": "2"}, "limits": {"nvidia.com/gpu": 2}},
            "nodeSelector": {"karpenter.sh/nodepool": "g5"},
            "replicas": replicas,
        }
        meta = {"name": name, "namespace": "nim"}
        return {"apiVersion": "apps.nvidia.com/v1alpha1", "kind": "NIMService", "metadata": meta, "spec": spec}

    pool = node_pool("g5", [("node.kubernetes.io/instance-type", "In", "g5.12xlarge")])
    found = placed(pool, nim("a", 1), nim("b", 3))
    (nodes,) = found.bill.steady
    assert (nodes.count, nodes.usd_hour) == (2, pytest.approx(2 * 5.672))
    assert found.bill.models["nim/a"][1] == pytest.approx(5.672 / 2)
    assert found.bill.models["nim/b"][1] == pytest.approx(5.672 * 3 / 2)


RESERVED = ("karpenter.sh/capacity-type", "In", "reserved")


@pytest.mark.parametrize(
    ("requirements", "limits", "selects", "dead"),
    [
        ([(FAMILY, "In", "g5")], None, False, False),
        ([(FAMILY, "In", "g5"), ("kubernetes.io/arch", "In", "arm64")], None, False, True),
        ([(FAMILY, "In", "g5"), RESERVED], None, False, True),
        ([(FAMILY, "In", "g5"), RESERVED], None, True, False),
        # Somebody has stopped it.
        ([(FAMILY, "In", "g5")], {"nvidia.com/gpu": 0}, False, False),
        ([(FAMILY, "In", "g5")], {"nodes": 0}, False, False),
        # A family that the catalog does not have may exist.
        ([(FAMILY, "In", "m9z")], None, False, False),
    ],
)
def test_a_pool_alone_makes_nodes_or_not(
    clusters: Make,
    node_class: Object,
    node_pool: Make,
    requirements: list[tuple[str, ...]],
    limits: Object | None,
    selects: bool,
    dead: bool,
) -> None:
    used = copy.deepcopy(node_class)
    if selects:
        used["spec"]["capacityReservationSelectorTerms"] = [{"tags": {"purpose": "models"}}]
    taints = [TAINT]
    cluster = clusters(used, node_pool("g5", requirements, taints=taints, limits=limits))
    verdicts = list(cluster.once(barren).values())
    assert bool(verdicts) == dead
    assert all(verdict.fix and verdict.explain().touched for verdict in verdicts)


@pytest.mark.parametrize("key", [FAMILY, "node.kubernetes.io/instance-type", "karpenter.sh/capacity-type"])
def test_a_variable_may_be_anything(placed: Make, node_pool: Make, deployment: Make, key: str) -> None:
    pool = node_pool("g5", [(key, "In", "${WANTED}")])
    found = only(placed(pool, deployment(GPU, nodeSelector={"karpenter.sh/nodepool": "${POOL}"})))
    assert (found.chosen, found.unknown) == (None, True)
    known = node_pool("g5", [(FAMILY, "In", "g5"), ("topology.kubernetes.io/zone", "In", "${ZONE}")])
    assert chosen(only(placed(known, deployment(GPU)))) == ("g5", "g5.xlarge")
