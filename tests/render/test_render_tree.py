"""The rendered tree: what must be in it, whatever the intent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nimfleet.errors import IntentError
from nimfleet.intent.load import LoadedEnvironment
from nimfleet.render.tree import GENERATED, Custom, RenderedTree, render, render_environment
from nimfleet.render.write import compare

PROJECT = Path(__file__).resolve().parents[2]
Load = Callable[[dict[str, Any]], LoadedEnvironment]


@pytest.fixture
def tree(load: Load) -> Callable[..., RenderedTree]:
    return lambda value, custom=Custom(): render(load(value), custom)  # noqa: B008 - frozen


def objects(tree: RenderedTree) -> list[dict[str, Any]]:
    result = []
    for path, file in tree.files.items():
        if not path.endswith("kustomization.yaml"):
            result.extend(yaml.safe_load_all(file.text))
    return result


def of_kind(tree: RenderedTree, kind: str) -> list[dict[str, Any]]:
    return [value for value in objects(tree) if value["kind"] == kind]


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_committed_environments_are_current(name: str) -> None:
    folder = PROJECT / "clusters" / name
    assert not compare(folder, render_environment(folder).files), "run `make render`, and read the diff"


def test_dev_is_the_blueprint() -> None:
    tree = render_environment(PROJECT / "clusters" / "dev")
    [cache], [service] = of_kind(tree, "NIMCache"), of_kind(tree, "NIMService")
    ngc = cache["spec"]["source"]["ngc"]
    assert ngc["modelPuller"] == "nvcr.io/nim/meta/llama-3.1-8b-instruct:1.3.3"
    assert (ngc["pullSecret"], ngc["authSecret"]) == ("ngc-secret", "ngc-api-secret")
    assert ngc["model"] == {
        "engine": "tensorrt_llm",
        "precision": "fp16",
        "tensorParallelism": "2",
        "gpus": [{"product": "a10g"}],
    }
    pvc = cache["spec"]["storage"]["pvc"]
    assert (pvc["size"], pvc["volumeAccessMode"]) == ("50Gi", "ReadWriteMany")
    assert service["spec"]["resources"]["limits"]["nvidia.com/gpu"] == "2"
    assert service["spec"]["expose"]["service"] == {"type": "ClusterIP", "port": 8000}
    [pool] = of_kind(tree, "NodePool")
    types = [
        r["values"] for r in pool["spec"]["template"]["spec"]["requirements"] if r["key"].endswith("instance-type")
    ]
    assert types == [["g5.12xlarge"]]


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_no_trap_of_the_operator_is_stepped_into(name: str) -> None:
    tree = render_environment(PROJECT / "clusters" / name)
    specs = [service["spec"] for service in of_kind(tree, "NIMService")]
    specs += [service["spec"] for pipeline in of_kind(tree, "NIMPipeline") for service in pipeline["spec"]["services"]]
    assert specs
    for spec in specs:
        assert spec["expose"]["service"]["port"]
        assert spec["resources"]["limits"]["nvidia.com/gpu"] == spec["resources"]["requests"]["nvidia.com/gpu"]
        assert spec["startupProbe"]["probe"]["failureThreshold"] >= 120
        assert not (spec.get("scale", {}).get("enabled") and "replicas" in spec)
    pools = {pool["metadata"]["name"]: pool for pool in of_kind(tree, "NodePool")}
    for spec in specs + [cache["spec"] for cache in of_kind(tree, "NIMCache")]:
        template = pools[spec["nodeSelector"]["karpenter.sh/nodepool"]]["spec"]["template"]
        assert [t["key"] for t in spec["tolerations"]] == [t["key"] for t in template["spec"]["taints"]]
        assert template["metadata"]["labels"]["nvidia.com/gpu.present"] == "true"
    for node_class in of_kind(tree, "EC2NodeClass"):
        [volume] = node_class["spec"]["blockDeviceMappings"]
        assert int(volume["ebs"]["volumeSize"].removesuffix("Gi")) >= 100
        assert not node_class["spec"]["amiSelectorTerms"][0]["alias"].endswith("@latest")


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_everything_that_is_referred_to_is_there(name: str) -> None:
    tree = render_environment(PROJECT / "clusters" / name)
    names = {(value["kind"], value["metadata"]["name"]) for value in objects(tree)}
    flux = [value for value in of_kind(tree, "Kustomization") if value["apiVersion"].startswith("kustomize.toolkit")]
    for kustomization in flux:
        for dependency in kustomization["spec"].get("dependsOn", []):
            assert ("Kustomization", dependency["name"]) in names
        for check in kustomization["spec"].get("healthChecks", []):
            assert (check["kind"], check["name"]) in names
        path = kustomization["spec"]["path"].removeprefix(f"./clusters/{name}").removeprefix("/")
        assert f"{path}/kustomization.yaml".removeprefix("/") in tree.files
    for release in of_kind(tree, "HelmRelease"):
        spec = release["spec"]
        reference = spec.get("chartRef") or spec["chart"]["spec"]["sourceRef"]
        assert (reference["kind"], reference["name"]) in names
        assert spec["targetNamespace"] == "kube-system" or ("Namespace", spec["targetNamespace"]) in names
        for dependency in spec.get("dependsOn", []):
            assert ("HelmRelease", dependency["name"]) in names
    classes = {value["metadata"]["name"] for value in of_kind(tree, "StorageClass")}
    for cache in of_kind(tree, "NIMCache"):
        assert cache["spec"]["storage"]["pvc"]["storageClass"] in classes
        assert ("Namespace", cache["metadata"]["namespace"]) in names


def test_the_flux_timeout_is_above_the_model_s_whole_start(
    small: dict[str, Any], tree: Callable[..., RenderedTree]
) -> None:
    rendered = tree(small)
    [layer] = [k for k in of_kind(rendered, "Kustomization") if k["metadata"]["name"] == "nim-model-llama"]
    minutes = int(layer["spec"]["timeout"].removesuffix("m"))
    assert minutes * 60 > rendered.plan.models[0].startup.total
    assert {e["kind"] for e in layer["spec"]["healthCheckExprs"]} == {"NIMCache", "NIMService"}
    assert all("status.state == 'Ready'" in e["current"] for e in layer["spec"]["healthCheckExprs"])


def test_without_the_admission_webhook_there_is_no_cert_manager(
    small: dict[str, Any], tree: Callable[..., RenderedTree]
) -> None:
    assert "controllers/cert-manager.yaml" in tree(small).files
    small["nimOperator"] = {"admissionController": False}
    assert "controllers/cert-manager.yaml" not in tree(small).files


@pytest.mark.parametrize(
    ("preset", "present", "absent"),
    [
        ("inf2", "controllers/neuron-helm-chart.yaml", "controllers/nothing.yaml"),
        ("trn1", "controllers/neuron-helm-chart.yaml", "controllers/nothing.yaml"),
        ("cpu", "configs/nodepool-cpu.yaml", "controllers/neuron-helm-chart.yaml"),
        ("p5", "configs/nodepool-p5.yaml", "controllers/neuron-helm-chart.yaml"),
    ],
)
def test_presets(
    preset: str, present: str, absent: str, small: dict[str, Any], tree: Callable[..., RenderedTree]
) -> None:
    small["pools"][preset] = {}
    small["models"]["llama"]["pool"] = "g5"
    rendered = tree(small)
    assert present in rendered.files
    assert absent not in rendered.files
    [pool] = [p for p in of_kind(rendered, "NodePool") if p["metadata"]["name"] == preset]
    taints = pool["spec"]["template"]["spec"].get("taints", [])
    assert [t["key"] for t in taints] == {"cpu": [], "p5": ["nvidia.com/gpu"]}.get(preset, ["aws.amazon.com/neuron"])


def test_a_changed_cache_is_a_new_cache(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    def cache_of(value: dict[str, Any]) -> str:
        rendered = tree(value)
        [cache], [service] = of_kind(rendered, "NIMCache"), of_kind(rendered, "NIMService")
        name: str = cache["metadata"]["name"]
        assert service["spec"]["storage"]["nimCache"]["name"] == name
        assert service["metadata"]["name"] == "llama"
        return name

    before = cache_of(small)
    small["models"]["llama"]["replicas"] = 2
    assert cache_of(small) == before
    small["models"]["llama"]["cache"] = {"size": "80Gi"}
    resized = cache_of(small)
    small["models"]["llama"]["tag"] = "1.8.4"
    assert len({before, resized, cache_of(small)}) == 3
    assert before.startswith("llama-")


def test_a_pinned_profile_reaches_cache_and_service(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    small["models"]["llama"]["profile"] = "abc123"
    rendered = tree(small)
    [cache], [service] = of_kind(rendered, "NIMCache"), of_kind(rendered, "NIMService")
    assert cache["spec"]["source"]["ngc"]["model"] == {"profiles": ["abc123"]}
    assert service["spec"]["storage"]["nimCache"]["profile"] == "abc123"


def test_scaling_reads_one_metric_over_the_generations_of_nim(
    small: dict[str, Any], tree: Callable[..., RenderedTree]
) -> None:
    small["observability"] = {"prometheus": True}
    assert "configs/metrics.yaml" not in tree(small).files
    small["models"]["llama"]["autoscaling"] = {"maxReplicas": 2}
    rendered = tree(small)
    [rule] = of_kind(rendered, "PrometheusRule")
    [recording] = rule["spec"]["groups"][0]["rules"]
    [adapter] = [r for r in of_kind(rendered, "HelmRelease") if r["metadata"]["name"] == "prometheus-adapter"]
    [custom] = adapter["spec"]["values"]["rules"]["custom"]
    [service] = of_kind(rendered, "NIMService")
    assert custom["seriesQuery"].startswith(recording["record"])
    assert "vllm:" in recording["expr"]
    [metric] = service["spec"]["scale"]["hpa"]["metrics"]
    assert metric["pods"]["metric"]["name"] == custom["name"]["as"]


def test_services_of_a_pipeline_know_each_other_s_url(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    small["models"]["embed"] = {"model": "nvidia/llama-3.2-nv-embedqa-1b-v2"}
    small["pipelines"] = {"rag": {"services": {"llama": {"urls": {"EMBED_URL": "embed"}}, "embed": None}}}
    rendered = tree(small)
    [pipeline] = of_kind(rendered, "NIMPipeline")
    services = {service["name"]: service for service in pipeline["spec"]["services"]}
    assert services["llama"]["dependencies"] == [
        {"name": "embed", "port": 8000, "envName": "EMBED_URL", "envValue": "http://embed.nim-service.svc:8000"}
    ]
    assert "dependencies" not in services["embed"]
    assert of_kind(rendered, "NIMService") == []


def test_replicas_leave_one_at_a_time(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    assert of_kind(tree(small), "PodDisruptionBudget") == []
    small["models"]["llama"]["replicas"] = 2
    [fixed] = of_kind(tree(small), "PodDisruptionBudget")
    assert fixed["metadata"] == {"name": "llama", "namespace": "nim-service"}
    assert fixed["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "llama"}}}
    del small["models"]["llama"]["replicas"]
    small["observability"] = {"prometheus": True}
    small["models"]["llama"]["autoscaling"] = {"minReplicas": 1, "maxReplicas": 4}
    assert of_kind(tree(small), "PodDisruptionBudget") == []
    small["models"]["llama"]["autoscaling"]["minReplicas"] = 2
    assert of_kind(tree(small), "PodDisruptionBudget") == [fixed]


def test_only_the_cluster_reaches_a_model(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    small["models"]["llama"]["service"] = {"port": 9999}
    rendered = tree(small)
    [policy] = of_kind(rendered, "NetworkPolicy")
    [service] = of_kind(rendered, "NIMService")
    assert policy["metadata"] == service["metadata"]
    assert policy["spec"] == {
        "podSelector": {"matchLabels": {"app": "llama"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": 9999}]}],
    }


def test_a_load_balancer_reaches_the_api_of_an_exposed_model_only(
    small: dict[str, Any], tree: Callable[..., RenderedTree]
) -> None:
    small["cluster"]["vpcId"] = "vpc-0123456789abcdef0"
    small["exposure"] = {"type": "ingress", "ingress": {"domain": "nim.example.com"}}
    small["models"]["embed"] = {"model": "nvidia/llama-3.2-nv-embedqa-1b-v2"}
    small["models"]["llama"]["expose"] = False
    policies = {
        policy["metadata"]["name"]: policy["spec"]["ingress"] for policy in of_kind(tree(small), "NetworkPolicy")
    }
    assert [[port["port"] for port in rule["ports"]] for rule in policies["embed"]] == [[8000, 8001, 8002], [8000]]
    assert ["from" in rule for rule in policies["embed"]] == [True, False]
    assert ["from" in rule for rule in policies["llama"]] == [True]


def test_each_service_of_a_pipeline_has_its_own(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    small["models"]["embed"] = {"model": "nvidia/llama-3.2-nv-embedqa-1b-v2", "replicas": 2}
    small["pipelines"] = {"rag": {"services": {"llama": None, "embed": None}}}
    rendered = tree(small)
    beside = {path.removeprefix("models/rag/") for path in rendered.files if path.startswith("models/rag/")}
    assert {
        "networkpolicy-embed.yaml",
        "networkpolicy-llama.yaml",
        "poddisruptionbudget-embed.yaml",
    } < beside
    assert "poddisruptionbudget-llama.yaml" not in beside
    listed = yaml.safe_load(rendered.files["models/rag/kustomization.yaml"].text)["resources"]
    assert set(listed) == beside - {"kustomization.yaml"}


def test_only_the_models_namespace_is_held_to_pod_security(
    small: dict[str, Any], tree: Callable[..., RenderedTree]
) -> None:
    def labels(value: dict[str, Any]) -> dict[str, dict[str, str]]:
        return {n["metadata"]["name"]: n["metadata"].get("labels", {}) for n in of_kind(tree(value), "Namespace")}

    baseline = {"pod-security.kubernetes.io/enforce": "baseline"}
    assert {name: found for name, found in labels(small).items() if found} == {"nim-service": baseline}
    small["namespace"] = "nvidia-device-plugin"
    assert not any(labels(small).values())


REFUSED = {
    "component-of-no-layer": (Custom(components=frozenset({"config"})), "Did you mean 'configs'?"),
    "component-of-no-model": (Custom(components=frozenset({"models/lama"})), "Did you mean 'models/llama'?"),
    "files-without-a-kustomization": (
        Custom(loose=frozenset({"configs"})),
        "add one of kind Component that lists them",
    ),
    "secrets-in-plain-text": (Custom(plain_secrets=frozenset({"ngc.yaml"})), "holds a Secret that is not encrypted"),
    "secrets-with-another-method": (Custom(secrets=True), "custom/secrets/ exists, but secrets.method is 'manual'"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_custom_that_would_be_ignored_is_refused(
    fault: str, small: dict[str, Any], tree: Callable[..., RenderedTree]
) -> None:
    custom, words = REFUSED[fault]
    with pytest.raises(IntentError) as caught:
        tree(small, custom)
    assert words in str(caught.value)


def test_what_custom_holds(tmp_path: Path) -> None:
    for name in ("custom/configs/kustomization.yaml", "custom/models/llama/kustomization.yml", "custom/sources/a.yaml"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("a: 1\n")
    (tmp_path / "custom/README.md").write_text("words")
    (tmp_path / "custom/secrets").mkdir()
    expected = Custom(components=frozenset({"configs", "models/llama"}), loose=frozenset({"sources"}))
    assert Custom.of(tmp_path) == expected
    (tmp_path / "custom/secrets/kustomization.yaml").write_text("a: 1\n")
    assert Custom.of(tmp_path).secrets


def test_a_secret_that_is_not_encrypted_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "custom" / "secrets"
    folder.mkdir(parents=True)
    encrypted = "apiVersion: v1\nkind: Secret\nstringData:\n  KEY: ENC[AES256_GCM,data:x]\nsops:\n  mac: x\n"
    (folder / "good.yaml").write_text(encrypted)
    (folder / "kustomization.yaml").write_text("kind: Kustomization\n")
    assert Custom.of(tmp_path).plain_secrets == frozenset()
    (folder / "bad.yaml").write_text(f"{encrypted}---\napiVersion: v1\nkind: Secret\nstringData:\n  KEY: plain\n")
    assert Custom.of(tmp_path).plain_secrets == {"bad.yaml"}


def test_a_chart_that_is_not_used_cannot_be_pinned(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    small["charts"] = {"keda": "2.20.2"}
    with pytest.raises(IntentError, match="chart 'keda' is not part of this environment"):
        tree(small)


def test_sops_without_secrets_is_noted(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    small["secrets"] = {"method": "sops"}
    assert "no model can start" in tree(small).notes[0]
    assert tree(small, Custom(secrets=True)).notes == ()


def test_fsx(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    small["storage"] = {"fsx": {"subnetId": "subnet-0123456789abcdef0", "securityGroupIds": ["sg-0123456789abcdef0"]}}
    rendered = tree(small)
    [storage_class] = of_kind(rendered, "StorageClass")
    assert storage_class["provisioner"] == "fsx.csi.aws.com"
    [cache] = of_kind(rendered, "NIMCache")
    assert cache["spec"]["storage"]["pvc"]["size"] == "1200Gi"
    [driver] = [r for r in of_kind(rendered, "HelmRelease") if r["metadata"]["name"] == "aws-fsx-csi-driver"]
    assert driver["spec"]["values"] == {"csidriver": {"fsGroupPolicy": "File"}}
    assert "controllers/aws-efs-csi-driver.yaml" not in rendered.files


def test_custom_components_are_included(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    rendered = tree(small, Custom(components=frozenset({"controllers", "models/llama"})))
    controllers = yaml.safe_load(rendered.files["controllers/kustomization.yaml"].text)
    assert controllers["components"] == ["../custom/controllers"]
    model = yaml.safe_load(rendered.files["models/llama/kustomization.yaml"].text)
    assert model["components"] == ["../../custom/models/llama"]
    assert "components" not in yaml.safe_load(rendered.files["configs/kustomization.yaml"].text)


def test_encrypted_secrets_get_a_layer_before_the_models(
    small: dict[str, Any], tree: Callable[..., RenderedTree]
) -> None:
    small["secrets"] = {"method": "sops"}
    assert "flux/secrets.yaml" not in tree(small).files
    rendered = tree(small, Custom(secrets=True))
    layer = yaml.safe_load(rendered.files["flux/secrets.yaml"].text)
    assert layer["spec"]["decryption"] == {"provider": "sops", "secretRef": {"name": "sops-age"}}
    model = yaml.safe_load(rendered.files["flux/model-llama.yaml"].text)
    assert {"name": "nim-secrets"} in model["spec"]["dependsOn"]


def test_flux_s_own_folder_is_kept_in_the_root(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    root = yaml.safe_load(tree(small, Custom(flux_system=True)).files["kustomization.yaml"].text)
    assert root["resources"][0] == "flux-system"
    assert "flux-system" not in yaml.safe_load(tree(small).files["kustomization.yaml"].text)["resources"]


def test_a_removed_model_leaves_no_file(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    small["models"]["second"] = {**small["models"]["llama"]}
    with_second = set(tree(small).files)
    del small["models"]["second"]
    without = set(tree(small).files)
    assert with_second - without == {path for path in with_second if "second" in path}


def test_every_file_is_in_a_generated_place_and_has_a_cause(
    small: dict[str, Any], tree: Callable[..., RenderedTree]
) -> None:
    rendered = tree(small)
    assert {path.split("/")[0] for path in rendered.files} <= set(GENERATED)
    assert rendered.files["models/llama/nimcache.yaml"].cause == ("models", "llama")
    assert rendered.files["configs/nodepool-g5.yaml"].cause == ("pools", "g5")


def test_no_secret_value_is_ever_rendered(small: dict[str, Any], tree: Callable[..., RenderedTree]) -> None:
    for method in ("manual", "sops", "external-secrets"):
        small["secrets"] = {"method": method}
        assert of_kind(tree(small), "Secret") == []


def test_the_bytes_do_not_depend_on_hash_order_or_locale() -> None:
    program = (
        "from pathlib import Path; from nimfleet.render.tree import render_environment; import hashlib;"
        f"t = render_environment(Path({str(PROJECT / 'clusters' / 'prod')!r}));"
        "print(hashlib.sha256(repr([(p, f.text) for p, f in t.files.items()]).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, locale, zone in (("1", "C", "UTC"), ("2", "C.UTF-8", "Asia/Tokyo"))
    }
    assert len(digests) == 1
