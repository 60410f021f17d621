"""What is missing, and what only may be: by how much of the cluster is in view."""

from __future__ import annotations

from typing import Any

import pytest
from references_support import cluster_of, found, spec, thing

from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.cluster.references.resolve import dangling, undeclared
from nimfleet.cluster.references.words import sentence
from nimfleet.config.model import External

SERVICE = thing("NIMService", "llama", spec=spec("{authSecret: ngc-api, storage: {nimCache: {name: llama}}}"))
CACHE = thing("NIMCache", "llama")
EXTERNAL = thing("ExternalSecret", "ngc-api", spec=spec("{data: [{secretKey: NGC_API_KEY}]}"))
HERE = "NIMService/llama spec.storage.nimCache.name"
AUTH = "NIMService/llama spec.authSecret"


def release(name: str, namespace: str, chart: str, values: Any = None) -> dict[str, Any]:
    body = spec(f"{{targetNamespace: {namespace}, releaseName: {name}, chart: {{spec: {{chart: {chart}}}}}}}")
    body["values"] = values or {}
    body["chart"]["spec"]["sourceRef"] = {"kind": "HelmRepository", "name": "charts"}
    return thing("HelmRelease", name, "flux-system", spec=body)


CHARTS = [
    thing("HelmRepository", "charts", "flux-system"),
    thing("Namespace", "nim", ""),
    thing("Namespace", "web", ""),
]


def test_what_is_there_is_not_reported() -> None:
    assert found(cluster_of([SERVICE, CACHE, EXTERNAL])) == {}


@pytest.mark.parametrize(
    ("world", "others", "fault"),
    [
        (World.COMPLETE, [], "missing"),
        (World.COMPLETE, [thing("NIMCache", "mistral")], "missing"),
        (World.FOLDER, [], None),
        (World.FOLDER, [thing("NIMCache", "mistral")], "missing"),
        (World.FOLDER, [thing("NIMCache", "llama", "other")], "elsewhere"),
        (World.PART, [thing("NIMCache", "mistral")], None),
        (World.PART, [thing("NIMCache", "lama")], "typo"),
        (World.PART, [thing("NIMCache", "llama", "other")], "elsewhere"),
        (World.PART, [thing("NIMCache", "llama", "")], None),
        (World.FOLDER, [thing("NIMCache", "llama", "")], None),
        (World.COMPLETE, [thing("NIMCache", "llama", "")], "elsewhere"),
    ],
)
def test_a_cache_is_missing_where_caches_are_in_view(world: World, others: list[Any], fault: str | None) -> None:
    result = found(cluster_of([SERVICE, EXTERNAL, *others], world))
    assert result == ({"nim-cache": [(HERE, fault)]} if fault else {})


@pytest.mark.parametrize(
    ("world", "others", "expected"),
    [
        (World.COMPLETE, [], {"secret-unmanaged": [(AUTH, "missing")]}),
        (World.COMPLETE, [thing("ExternalSecret", "other")], {"secret": [(AUTH, "missing")]}),
        (World.COMPLETE, [thing("Secret", "ngc-api", "web")], {"secret": [(AUTH, "elsewhere")]}),
        (World.FOLDER, [thing("ExternalSecret", "other")], {}),
        (World.FOLDER, [thing("ExternalSecret", "ngc-apis")], {}),
        (World.FOLDER, [thing("ExternalSecret", "ngcapi")], {"secret": [(AUTH, "typo")]}),
        (World.PART, [thing("ExternalSecret", "other")], {}),
        (World.PART, [thing("ExternalSecret", "ngc-api", "web")], {"secret": [(AUTH, "elsewhere")]}),
    ],
)
def test_secrets_are_often_made_by_hand(world: World, others: list[Any], expected: Any) -> None:
    assert found(cluster_of([SERVICE, CACHE, *others], world)) == expected


def test_in_a_part_only_the_same_folder_counts() -> None:
    objects = [SERVICE, CACHE, thing("ExternalSecret", "ngc-api", "web")]
    assert found(cluster_of(objects, World.PART, folders=["a", "a", "b"])) == {}
    assert found(cluster_of(objects, World.FOLDER, folders=["a", "a", "b"])) == {"secret": [(AUTH, "elsewhere")]}


def test_a_name_that_something_refers_to_is_no_misspelling_of_another() -> None:
    other = thing("NIMService", "other", spec=spec("{authSecret: ngcapi}"))
    objects = [
        SERVICE,
        CACHE,
        thing("ExternalSecret", "ngcapi", spec=spec("{data: [{secretKey: NGC_API_KEY}]}")),
        other,
    ]
    assert found(cluster_of(objects, World.PART)) == {}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (External("Secret", "ngc-*"), {}),
        (External("Secret", "ngc-api", "n?m", ("NGC_API_KEY", "more")), {}),
        (External("Secret", "ngc-api", "web"), {"secret-unmanaged": [(AUTH, "missing")]}),
        (External("ConfigMap", "ngc-api"), {"secret-unmanaged": [(AUTH, "missing")]}),
        (External("Secret", "ngc-api", "nim", ("KEY",)), {"secret-key": [(AUTH, "key")]}),
    ],
)
def test_what_nimfleet_toml_names_is_there(entry: External, expected: Any) -> None:
    assert found(cluster_of([SERVICE, CACHE], externals=[entry])) == expected


def test_the_message_says_what_to_write_into_nimfleet_toml() -> None:
    cluster = cluster_of([SERVICE, CACHE])
    (one,) = cluster.once(dangling)["secret-unmanaged"]
    assert sentence(cluster, one, "it does not start") == (
        "there is no Secret `ngc-api` in namespace `nim`: it does not start. If it comes from elsewhere, say so in "
        'nimfleet.toml: `[[external]]` with kind = "Secret", name = "ngc-api", namespace = "nim"'
    )


CES = "ClusterExternalSecret"
ENV = "{containers: [{name: a, env: [{name: K, valueFrom: {secretKeyRef: {name: %s, key: %s}}}]}]}"


def job(name: str, key: str, namespace: str = "nim") -> dict[str, Any]:
    return thing("Job", "load", namespace, spec={"template": {"spec": spec(ENV % (name, key))}})


@pytest.mark.parametrize(
    ("maker", "fault"),
    [
        (thing("Secret", "s", data={"k": ""}), None),
        (thing("Secret", "s", stringData={"k": ""}), None),
        (thing("Secret", "s", data={"other": ""}), "key"),
        (thing("Secret", "s"), None),  # something else fills it
        (thing("Secret", "s", type="kubernetes.io/service-account-token", data={"x": ""}), None),
        (thing("ExternalSecret", "s", spec=spec("{data: [{secretKey: k}]}")), None),
        (thing("ExternalSecret", "x", spec=spec("{target: {name: s}, data: [{secretKey: k}]}")), None),
        (thing("ExternalSecret", "s", spec=spec("{target: {name: x}, data: [{secretKey: k}]}")), "missing"),
        (thing("ExternalSecret", "s", spec=spec("{data: [{secretKey: other}]}")), "key"),
        (thing("ExternalSecret", "s", spec=spec("{dataFrom: [{extract: {key: a}}]}")), None),
        (thing("ExternalSecret", "s", spec=spec("{target: {template: {data: {k: x}}}}")), None),
        (
            thing("ExternalSecret", "s", spec=spec("{target: {template: {data: {x: x}}}, data: [{secretKey: k}]}")),
            "key",
        ),
        (
            thing(
                "ExternalSecret",
                "s",
                spec=spec("{target: {template: {mergePolicy: Merge, data: {x: x}}}, data: [{secretKey: k}]}"),
            ),
            None,
        ),
        (thing("ExternalSecret", "s", spec=spec("{target: {template: {templateFrom: [{target: Data}]}}}")), None),
        (
            thing("ExternalSecret", "s", spec=spec("{target: {creationPolicy: 'None'}, data: [{secretKey: k}]}")),
            "missing",
        ),
        (thing("SealedSecret", "s", spec=spec("{encryptedData: {k: x}}")), None),
        (thing("SealedSecret", "s", spec=spec("{encryptedData: {x: x}, template: {data: {y: x}}}")), "key"),
        (thing("SopsSecret", "x", spec=spec("{secretTemplates: [{name: s, stringData: {k: x}}]}")), None),
        (thing("SecretProviderClass", "x", spec=spec("{secretObjects: [{secretName: s, data: [{key: k}]}]}")), None),
        (thing("SecretProviderClass", "x", spec=spec("{secretObjects: [{secretName: s, data: [{key: x}]}]}")), "key"),
        (
            thing(
                "ClusterExternalSecret",
                "s",
                "",
                spec=spec("{namespaces: [nim], externalSecretSpec: {data: [{secretKey: k}]}}"),
            ),
            None,
        ),
        (
            thing(CES, "x", "", spec=spec("{externalSecretName: s, namespaces: [nim], externalSecretSpec: {}}")),
            "key",
        ),
        (
            thing(CES, "s", "", spec=spec("{namespaceSelectors: [{matchLabels: {a: b}}], externalSecretSpec: {}}")),
            "key",
        ),
        (thing(CES, "s", "", spec=spec("{namespaces: [web], externalSecretSpec: {}}")), "elsewhere"),
        (thing("Cluster", "s", spec={}), None),  # of an operator that is not known
        (thing("Cluster", "x", spec={"superuserSecret": {"name": "s"}}), None),
    ],
)
def test_who_makes_secrets_with_which_keys(maker: dict[str, Any], fault: str | None) -> None:
    result = found(cluster_of([job("s", "k"), maker, thing("Secret", "unrelated", data={"a": ""})]))
    faults = [what for several in result.values() for _, what in several]
    assert faults == ([fault] if fault else [])


def test_cert_manager_makes_secrets_of_certificates_and_annotations() -> None:
    certificate = thing("Certificate", "x", spec=spec("{secretName: s}"))
    assert found(cluster_of([job("s", "tls.crt"), certificate])) == {}
    assert "secret-key" in found(cluster_of([job("s", "password"), certificate]))
    ingress = thing(
        "Ingress",
        "x",
        metadata={"annotations": {"cert-manager.io/cluster-issuer": "ca"}},
        spec=spec("{tls: [{secretName: s}]}"),
    )
    issuer = thing("ClusterIssuer", "ca", "")
    assert found(cluster_of([job("s", "tls.key"), ingress, issuer])) == {}
    assert "issuer" in found(cluster_of([ingress]))


@pytest.mark.parametrize(
    ("chart", "values", "name", "missing"),
    [
        ("open-webui", {}, "webui-config", False),
        ("open-webui", {}, "open-webui-config", False),
        ("open-webui", {}, "other", True),
        ("open-webui", {"fullnameOverride": "other"}, "other-config", False),
        ("open-webui", {"auth": {"existingSecretName": "other"}}, "other", False),
        ("something-unknown", {}, "other", False),
    ],
)
def test_charts_make_what_begins_with_their_names(chart: str, values: Any, name: str, missing: bool) -> None:
    objects = [*CHARTS, release("webui", "nim", chart, values), job(name, "k")]
    assert bool(found(cluster_of(objects))) is missing
    # in another namespace it makes nothing
    objects[-1] = job(name, "k", "web")
    assert found(cluster_of(objects)) != {}


@pytest.mark.parametrize(
    ("chart", "values", "name", "missing"),
    [
        ("aws-load-balancer-controller", {}, "alb", False),
        ("aws-load-balancer-controller", {}, "nginx", True),
        ("aws-load-balancer-controller", {"ingressClass": "internal"}, "internal", False),
        ("aws-load-balancer-controller", {"ingressClass": "internal"}, "alb", True),
        ("aws-load-balancer-controller", {"createIngressClassResource": False}, "alb", True),
        ("ingress-nginx", {}, "nginx", False),
        ("ingress-nginx", {"controller": {"ingressClassResource": {"name": "public"}}}, "public", False),
        ("cert-manager", {}, "alb", True),
        ("something-unknown", {}, "alb", False),
    ],
)
def test_charts_bring_ingress_classes(chart: str, values: Any, name: str, missing: bool) -> None:
    ingress = thing("Ingress", "x", spec={"ingressClassName": name})
    result = found(cluster_of([*CHARTS, release("lb", "web", chart, values), ingress]))
    assert ("ingress-class" in result) is missing


def test_a_chart_from_an_oci_repository_is_known_by_its_url() -> None:
    source = thing("OCIRepository", "lb", "flux-system", spec={"url": "oci://public.ecr.aws/eks/ingress-nginx"})
    body = spec("{targetNamespace: web, chartRef: {kind: OCIRepository, name: lb}}")
    objects = [*CHARTS, source, thing("HelmRelease", "lb", "flux-system", spec=body)]
    assert found(cluster_of([*objects, thing("Ingress", "x", spec={"ingressClassName": "nginx"})])) == {}
    assert "ingress-class" in found(cluster_of([*objects, thing("Ingress", "x", spec={"ingressClassName": "alb"})]))


def test_storage_classes_come_with_charts_and_eks() -> None:
    claims = [
        thing("PersistentVolumeClaim", name, spec={"storageClassName": name}) for name in ("gp2", "gp3", "efs", "")
    ]
    chart = release("efs", "kube-system", "aws-efs-csi-driver", {"storageClasses": [{"name": "efs"}]})
    assert found(cluster_of([*CHARTS, *claims, chart])) == {
        "storage-class": [("PersistentVolumeClaim/gp3 spec.storageClassName", "missing")]
    }


def test_namespaces_of_the_system_hold_what_add_ons_put_there() -> None:
    binding = thing(
        "RoleBinding",
        "x",
        "kube-system",
        spec={},
        roleRef={"kind": "ClusterRole", "name": "view"},
        subjects=[{"kind": "ServiceAccount", "name": "ebs-csi-controller-sa", "namespace": "kube-system"}],
    )
    assert found(cluster_of([binding])) == {}


def test_services_of_a_pipeline_and_their_ports() -> None:
    services = spec(
        "[{name: llm, enabled: true, spec: {expose: {service: {port: 9000, grpcPort: 50051}}}}, {name: off, spec: {}}]"
    )
    pipeline = thing("NIMPipeline", "rag", spec={"services": services})

    def backend(name: str, port: Any) -> dict[str, Any]:
        return thing("HTTPRoute", f"r-{name}-{port}", spec={"rules": [{"backendRefs": [{"name": name, "port": port}]}]})

    routes = [backend("llm", 9000), backend("llm", 50051), backend("llm", 8000), backend("off", 8000)]
    assert found(cluster_of([pipeline, *routes])) == {
        "service-port": [("HTTPRoute/r-llm-8000 spec.rules[0].backendRefs[0].name", "key")],
        "service": [("HTTPRoute/r-off-8000 spec.rules[0].backendRefs[0].name", "missing")],
    }


def test_names_with_variables_are_not_judged() -> None:
    service = thing(
        "NIMService", "x", spec=spec("{authSecret: '${SECRET}', storage: {nimCache: {name: '${NAME}-cache'}}}")
    )
    assert found(cluster_of([service])) == {}


def test_what_a_controller_copies_may_be_anywhere() -> None:
    copied = thing(
        "Secret", "ngc-api", "web", metadata={"annotations": {"replicator.v1.mittwald.de/replicate-to": "*"}}
    )
    assert found(cluster_of([SERVICE, CACHE, copied])) == {}


def test_cluster_roles_come_with_charts() -> None:
    def binding(role: str) -> dict[str, Any]:
        return thing("RoleBinding", "x", "web", roleRef={"kind": "ClusterRole", "name": role}, subjects=[])

    objects = [*CHARTS, release("metrics", "nim", "prometheus-adapter")]
    assert found(cluster_of([*objects, binding("metrics-server-resources")])) == {}
    assert found(cluster_of([*objects, binding("system:auth-delegator")])) == {}
    assert "role" in found(cluster_of([*objects, binding("reader")]))


def test_what_several_lack_is_told_once() -> None:
    several = [thing("NIMService", f"s{number}", spec=spec("{authSecret: ngc-api}")) for number in range(5)]
    cluster = cluster_of(several)
    (one,) = cluster.once(dangling)["secret-unmanaged"]
    assert one.reference.source.id.name == "s0"
    assert sentence(cluster, one, "x").endswith(". The same goes for NIMService/nim/s1, NIMService/nim/s2 and 2 more")
    assert len(cluster.once(dangling)) == 1


def test_in_a_namespace_that_nobody_creates_nothing_else_is_told() -> None:
    cluster = cluster_of([SERVICE])
    objects = tuple(item for item in cluster.objects if item.id.kind != "Namespace")
    alone = Cluster("", World.COMPLETE, Profile.STANDARD, "1.34", {}, objects)
    assert found(alone) == {}
    assert alone.once(undeclared) == {"nim"}
    assert len(found(cluster)) == 2


def test_a_rendered_tree_without_its_environment_says_nothing_of_secrets_by_hand() -> None:
    sources = thing("Kustomization", "nim-sources", "flux-system")
    sources["apiVersion"] = "kustomize.toolkit.fluxcd.io/v1"
    assert found(cluster_of([SERVICE, CACHE, sources])) == {}
    assert "secret" in found(cluster_of([SERVICE, CACHE, sources, thing("ExternalSecret", "other")]))


def test_an_action_of_the_load_balancer_is_no_service() -> None:
    backend = spec("{defaultBackend: {service: {name: redirect, port: {name: use-annotation}}}}")
    assert found(cluster_of([thing("Ingress", "x", spec=backend)])) == {}
    backend["defaultBackend"]["service"]["port"] = {"name": "http"}
    assert "service" in found(cluster_of([thing("Ingress", "x", spec=backend)]))


def test_values_of_any_shape_are_read() -> None:
    for value in (None, 1, "x", [], {}, [None], [{"name": 1}], {"a": {"b": []}}):
        for kind in (
            "NIMService",
            "NIMCache",
            "NIMPipeline",
            "Ingress",
            "HTTPRoute",
            "HelmRelease",
            "ExternalSecret",
            "Job",
        ):
            cluster = cluster_of(
                [thing(kind, "x", spec=value), thing(kind, "y", spec={"services": value, "template": value})]
            )
            cluster.once(dangling)
    for part in ("data", "spec", "type", "stringData"):
        cluster_of([thing("Secret", "s", **{part: 1}), thing("Service", "s", **{part: []}), job("s", "k")]).once(
            dangling
        )
