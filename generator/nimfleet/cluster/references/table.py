"""Which fields of which kinds name another object.

Paths are dotted; ``[]`` stands for every item of a list. What a pattern says of keys,
namespace and so on is relative to the mapping that holds the name. Sources: the API reference of Kubernetes 1.34, the
CRDs of the releases under ``schemas/``, and for what goes without saying (the keys of NGC and Hugging Face) NVIDIA
k8s-nim-operator 3.1.2, ``api/apps/v1alpha1``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from nimfleet.cluster.references import model as to
from nimfleet.cluster.references.model import Target


@dataclass(frozen=True, slots=True)
class Pattern:
    """One field that names an object.

    ``kinds`` says what is meant by the kind that stands beside it, ``target`` what is meant without one. ``keys`` are where
    keys (or ports) are asked for, ``implied`` keys that are needed without being named, ``default_key``
    the key where none is asked for. ``unless`` is a switch beside it with which
    the name refers to nothing, ``optional`` one that lets it be missing.
    """

    path: str
    target: Target | None = None
    kinds: Mapping[str, Target] = field(default_factory=dict)
    namespace: str = ""
    keys: tuple[str, ...] = ()
    implied: tuple[str, ...] = ()
    default_key: str = ""
    optional: str = ""
    unless: str = ""
    role: str = ""


def _secret_key(path: str) -> Pattern:
    return Pattern(f"{path}.name", to.SECRET, keys=("key",), optional="optional")


def _config_key(path: str) -> Pattern:
    return Pattern(f"{path}.name", to.CONFIG_MAP, keys=("key",), optional="optional")


def _env(path: str) -> tuple[Pattern, ...]:
    return (
        _secret_key(f"{path}[].valueFrom.secretKeyRef"),
        _config_key(f"{path}[].valueFrom.configMapKeyRef"),
        Pattern(f"{path}[].value", to.SERVICE, role="address"),
    )


def _below(prefix: str, patterns: tuple[Pattern, ...]) -> tuple[Pattern, ...]:
    return tuple(replace(pattern, path=f"{prefix}.{pattern.path}") for pattern in patterns)


def _pull(path: str) -> Pattern:
    return Pattern(path, to.SECRET, role="pull")


_CONTAINER = (
    *_env("env"),
    Pattern("envFrom[].secretRef.name", to.SECRET, optional="optional"),
    Pattern("envFrom[].configMapRef.name", to.CONFIG_MAP, optional="optional"),
)

_VOLUME = (
    Pattern("secret.secretName", to.SECRET, keys=("items[].key",), optional="optional"),
    Pattern("configMap.name", to.CONFIG_MAP, keys=("items[].key",), optional="optional"),
    Pattern("persistentVolumeClaim.claimName", to.CLAIM),
    Pattern("csi.nodePublishSecretRef.name", to.SECRET),
    Pattern("projected.sources[].secret.name", to.SECRET, keys=("items[].key",), optional="optional"),
    Pattern("projected.sources[].configMap.name", to.CONFIG_MAP, keys=("items[].key",), optional="optional"),
    Pattern("ephemeral.volumeClaimTemplate.spec.storageClassName", to.STORAGE_CLASS),
)

_POD = (
    *_below("containers[]", _CONTAINER),
    *_below("initContainers[]", _CONTAINER),
    *_below("volumes[]", _VOLUME),
    _pull("imagePullSecrets[].name"),
    Pattern("serviceAccountName", to.SERVICE_ACCOUNT),
    Pattern("priorityClassName", to.PRIORITY_CLASS),
    Pattern("runtimeClassName", to.RUNTIME_CLASS),
    Pattern("resourceClaims[].resourceClaimName", to.RESOURCE_CLAIM),
    Pattern("resourceClaims[].resourceClaimTemplateName", to.RESOURCE_CLAIM_TEMPLATE),
)

_BACKEND = Pattern("service.name", to.SERVICE, keys=("port.number", "port.name"))

_INGRESS = (
    Pattern("ingressClassName", to.INGRESS_CLASS),
    *_below("defaultBackend", (_BACKEND,)),
    *_below("rules[].http.paths[].backend", (_BACKEND,)),
    Pattern("tls[].secretName", to.SECRET),
)

_ROUTE_BACKEND = Pattern(
    "name", to.SERVICE, kinds={"Service": to.SERVICE}, namespace="namespace", keys=("port",), role="backend"
)

_ROUTE = (
    Pattern(
        "parentRefs[].name",
        to.GATEWAY,
        kinds={"Gateway": to.GATEWAY},
        namespace="namespace",
        keys=("sectionName",),
    ),
    *_below("rules[].backendRefs[]", (_ROUTE_BACKEND,)),
    *_below("rules[].filters[].requestMirror.backendRef", (_ROUTE_BACKEND,)),
)

_OWN_VOLUME = (
    Pattern("name", to.CLAIM, unless="create"),
    Pattern("storageClass", to.STORAGE_CLASS),
)

_NIM_SERVICE = (
    _pull("image.pullSecrets[]"),
    Pattern("authSecret", to.SECRET, implied=("NGC_API_KEY|HF_TOKEN",)),
    Pattern("storage.nimCache.name", to.NIM_CACHE),
    *_below("storage.pvc", _OWN_VOLUME),
    *_env("env"),
    *_below("initContainers[]", _env("env")),
    *_below("sidecarContainers[]", _env("env")),
    Pattern("expose.router.ingress.ingressClass", to.INGRESS_CLASS),
    Pattern("expose.router.ingress.tlsSecretName", to.SECRET),
    Pattern("expose.router.gateway.name", to.GATEWAY, namespace="namespace"),
    _config_key("expose.router.eppConfig.configMapRef"),
    *_below("expose.ingress.spec", _INGRESS),
    Pattern("runtimeClassName", to.RUNTIME_CLASS),
    Pattern("priorityClassName", to.PRIORITY_CLASS),
    Pattern("proxy.certConfigMap", to.CONFIG_MAP),
    Pattern("draResources[].resourceClaimName", to.RESOURCE_CLAIM),
    Pattern("draResources[].resourceClaimTemplateName", to.RESOURCE_CLAIM_TEMPLATE),
)

_NIM_CACHE = (
    _pull("source.ngc.pullSecret"),
    Pattern("source.ngc.authSecret", to.SECRET, implied=("NGC_API_KEY",)),
    _pull("source.hf.pullSecret"),
    Pattern("source.hf.authSecret", to.SECRET, implied=("HF_TOKEN",)),
    _pull("source.dataStore.pullSecret"),
    Pattern("source.hf.endpoint", to.SERVICE, role="address"),
    Pattern("source.dataStore.endpoint", to.SERVICE, role="address"),
    Pattern("source.dataStore.authSecret", to.SECRET, implied=("HF_TOKEN",)),
    *_below("storage.pvc", _OWN_VOLUME),
    *_env("env"),
    Pattern("certConfig.name", to.CONFIG_MAP),
    Pattern("proxy.certConfigMap", to.CONFIG_MAP),
    Pattern("runtimeClassName", to.RUNTIME_CLASS),
)

_CREDENTIALS = Pattern("secretName", to.SECRET, keys=("passwordKey",))

_NEMO = (
    _pull("image.pullSecrets[]"),
    *_env("env"),
    *_below("databaseConfig.credentials", (_CREDENTIALS,)),
    *_below("objectStoreConfig.credentials", (_CREDENTIALS,)),
    *_below("pvc", _OWN_VOLUME),
    *_below("expose.ingress.spec", _INGRESS),
    Pattern("configStore.configMap.name", to.CONFIG_MAP),
    *_below("configStore.pvc", _OWN_VOLUME),
    Pattern("nimEndpoint.apiKeySecret", to.SECRET, keys=("apiKeyKey",)),
    Pattern("modelDownloadJobs.ngcAPISecret.name", to.SECRET, keys=("key",)),
    Pattern("modelDownloadJobs.hfSecret.name", to.SECRET, keys=("key",)),
    Pattern("trainingConfig.configMap.name", to.CONFIG_MAP),
    _pull("trainingConfig.image.pullSecrets[]"),
    *_below("trainingConfig.modelPVC", _OWN_VOLUME),
    Pattern("trainingConfig.workspacePVC.storageClass", to.STORAGE_CLASS),
    *_env("trainingConfig.networkConfig"),
    *(
        Pattern(path, to.SERVICE, role="address")
        for path in (
            "argoWorkflows.endpoint",
            "databaseConfig.host",
            "datastore.endpoint",
            "entitystore.endpoint",
            "mlflow.endpoint",
            "nimEndpoint.baseURL",
            "objectStoreConfig.endpoint",
            "otel.exporterOtlpEndpoint",
            "vectorDB.endpoint",
        )
    ),
    Pattern("wandb.secretName", to.SECRET, keys=("apiKeyKey", "encryptionKey")),
    *(
        Pattern(f"secrets.{name}", to.SECRET)
        for name in (
            "datastoreConfigSecret",
            "datastoreInitSecret",
            "datastoreInlineConfigSecret",
            "giteaAdminSecret",
            "lfsJwtSecret",
        )
    ),
)

_CHART_SOURCES = {
    "HelmRepository": to.HELM_REPOSITORY,
    "GitRepository": to.GIT_REPOSITORY,
    "Bucket": to.BUCKET,
}

_RELEASE = (
    Pattern("chart.spec.sourceRef.name", kinds=_CHART_SOURCES, namespace="namespace"),
    Pattern(
        "chartRef.name",
        kinds={
            "OCIRepository": to.OCI_REPOSITORY,
            "HelmChart": to.HELM_CHART,
            "ExternalArtifact": to.EXTERNAL_ARTIFACT,
        },
        namespace="namespace",
    ),
    Pattern(
        "valuesFrom[].name",
        kinds={"Secret": to.SECRET, "ConfigMap": to.CONFIG_MAP},
        keys=("valuesKey",),
        default_key="values.yaml",
        optional="optional",
        role="values",
    ),
    Pattern("kubeConfig.secretRef.name", to.SECRET, role="by-hand"),
    Pattern("serviceAccountName", to.SERVICE_ACCOUNT),
    Pattern("targetNamespace", to.NAMESPACE, unless="install.createNamespace"),
    Pattern("storageNamespace", to.NAMESPACE, unless="install.createNamespace"),
)

_SOURCE = (
    Pattern("secretRef.name", to.SECRET, role="by-hand"),
    Pattern("certSecretRef.name", to.SECRET, role="by-hand"),
    Pattern("proxySecretRef.name", to.SECRET, role="by-hand"),
    Pattern("verify.secretRef.name", to.SECRET, role="by-hand"),
    Pattern("serviceAccountName", to.SERVICE_ACCOUNT),
)

_KUSTOMIZATION = (
    Pattern("decryption.secretRef.name", to.SECRET, role="by-hand"),
    Pattern("kubeConfig.secretRef.name", to.SECRET, role="by-hand"),
    Pattern("serviceAccountName", to.SERVICE_ACCOUNT),
    Pattern("targetNamespace", to.NAMESPACE),
)

_SCALED = {target.kind: target for target in to.WORKLOADS if target is not to.DAEMON_SET}
_OBSERVED = {target.kind: target for target in to.WORKLOADS}

_STORES = {"SecretStore": to.SECRET_STORE, "ClusterSecretStore": to.CLUSTER_SECRET_STORE}

_ISSUERS = {"Issuer": to.ISSUER, "ClusterIssuer": to.CLUSTER_ISSUER}

_EXTERNAL_SECRET = (
    Pattern("secretStoreRef.name", to.SECRET_STORE, kinds=_STORES),
    Pattern("data[].sourceRef.storeRef.name", to.SECRET_STORE, kinds=_STORES),
    Pattern("dataFrom[].sourceRef.storeRef.name", to.SECRET_STORE, kinds=_STORES),
)

_STORE_KEYS = (
    Pattern("accessKeyIDSecretRef.name", to.SECRET, namespace="namespace", keys=("key",), role="by-hand"),
    Pattern("secretAccessKeySecretRef.name", to.SECRET, namespace="namespace", keys=("key",), role="by-hand"),
    Pattern("sessionTokenSecretRef.name", to.SECRET, namespace="namespace", keys=("key",), role="by-hand"),
)

_STORE = (
    *_below("provider.aws.auth.secretRef", _STORE_KEYS),
    Pattern("provider.aws.auth.jwt.serviceAccountRef.name", to.SERVICE_ACCOUNT, namespace="namespace"),
)

_BINDING = (
    Pattern("roleRef.name", kinds={"Role": to.ROLE, "ClusterRole": to.CLUSTER_ROLE}),
    Pattern("subjects[].name", kinds={"ServiceAccount": to.SERVICE_ACCOUNT}, namespace="namespace"),
)

_WEBHOOKS = (
    Pattern("webhooks[].clientConfig.service.name", to.SERVICE, namespace="namespace", keys=("port",), role="webhook"),
)

_ENDPOINT = (
    _secret_key("basicAuth.username"),
    _secret_key("basicAuth.password"),
    _secret_key("bearerTokenSecret"),
    _secret_key("authorization.credentials"),
    _secret_key("tlsConfig.ca.secret"),
    _config_key("tlsConfig.ca.configMap"),
)

_POD_AT = {
    ("", "Pod"): "spec",
    ("", "ReplicationController"): "spec.template.spec",
    ("apps", "Deployment"): "spec.template.spec",
    ("apps", "StatefulSet"): "spec.template.spec",
    ("apps", "DaemonSet"): "spec.template.spec",
    ("apps", "ReplicaSet"): "spec.template.spec",
    ("batch", "Job"): "spec.template.spec",
    ("batch", "CronJob"): "spec.jobTemplate.spec.template.spec",
    ("keda.sh", "ScaledJob"): "spec.jobTargetRef.template.spec",
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): "spec.leaderWorkerTemplate.workerTemplate.spec",
    ("jobset.x-k8s.io", "JobSet"): "spec.replicatedJobs[].template.spec.template.spec",
}

_GATEWAY_API, _NIM, _KEDA = "gateway.networking.k8s.io", "apps.nvidia.com", "keda.sh"
_SOURCES, _NOTIFICATION = "source.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io"
_AUTHENTICATION = {
    "TriggerAuthentication": to.TRIGGER_AUTHENTICATION,
    "ClusterTriggerAuthentication": to.CLUSTER_TRIGGER_AUTHENTICATION,
}


def _others() -> Iterator[tuple[str, str, tuple[Pattern, ...]]]:
    """Group, kind and patterns of every kind that is not a pod."""
    yield (
        "apps",
        "StatefulSet",
        _below("spec.volumeClaimTemplates[].spec", (Pattern("storageClassName", to.STORAGE_CLASS),)),
    )
    yield "", "PersistentVolumeClaim", (Pattern("spec.storageClassName", to.STORAGE_CLASS),)
    yield "", "ServiceAccount", (_pull("imagePullSecrets[].name"),)
    yield "networking.k8s.io", "Ingress", _below("spec", _INGRESS)
    for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"):
        yield _GATEWAY_API, kind, _below("spec", _ROUTE)
    yield (
        _GATEWAY_API,
        "Gateway",
        (
            Pattern("spec.gatewayClassName", to.GATEWAY_CLASS),
            Pattern(
                "spec.listeners[].tls.certificateRefs[].name",
                to.SECRET,
                kinds={"Secret": to.SECRET},
                namespace="namespace",
            ),
        ),
    )
    yield "autoscaling", "HorizontalPodAutoscaler", (Pattern("spec.scaleTargetRef.name", kinds=_SCALED),)
    yield "autoscaling.k8s.io", "VerticalPodAutoscaler", (Pattern("spec.targetRef.name", kinds=_OBSERVED),)
    yield (
        _KEDA,
        "ScaledObject",
        (
            Pattern("spec.scaleTargetRef.name", to.DEPLOYMENT, kinds=_SCALED),
            Pattern("spec.triggers[].authenticationRef.name", to.TRIGGER_AUTHENTICATION, kinds=_AUTHENTICATION),
            Pattern("spec.triggers[].metadata.serverAddress", to.SERVICE, role="address"),
        ),
    )
    yield (
        _KEDA,
        "ScaledJob",
        (Pattern("spec.triggers[].authenticationRef.name", to.TRIGGER_AUTHENTICATION, kinds=_AUTHENTICATION),),
    )
    yield (
        _KEDA,
        "TriggerAuthentication",
        (
            Pattern("spec.secretTargetRef[].name", to.SECRET, keys=("key",)),
            Pattern("spec.configMapTargetRef[].name", to.CONFIG_MAP, keys=("key",)),
        ),
    )
    yield "elbv2.k8s.aws", "TargetGroupBinding", (Pattern("spec.serviceRef.name", to.SERVICE, keys=("port",)),)
    yield (
        "apiregistration.k8s.io",
        "APIService",
        (Pattern("spec.service.name", to.SERVICE, namespace="namespace", keys=("port",), role="webhook"),),
    )
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        yield "admissionregistration.k8s.io", kind, _WEBHOOKS
    yield (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        (
            Pattern(
                "spec.conversion.webhook.clientConfig.service.name",
                to.SERVICE,
                namespace="namespace",
                keys=("port",),
                role="webhook",
            ),
        ),
    )
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        yield "rbac.authorization.k8s.io", kind, _BINDING
    for kind in ("NodePool", "NodeClaim"):
        inside = "spec.template.spec" if kind == "NodePool" else "spec"
        yield "karpenter.sh", kind, (Pattern(f"{inside}.nodeClassRef.name", kinds={"EC2NodeClass": to.NODE_CLASS}),)
    yield _NIM, "NIMService", _below("spec", _NIM_SERVICE)
    yield (
        _NIM,
        "NIMPipeline",
        (
            *_below("spec.services[].spec", _NIM_SERVICE),
            Pattern("spec.services[].dependencies[].name", to.SERVICE, keys=("port",), role="dependency"),
            Pattern("spec.services[].dependencies[].envValue", to.SERVICE, role="dependency"),
        ),
    )
    yield _NIM, "NIMCache", _below("spec", _NIM_CACHE)
    yield (
        _NIM,
        "NIMBuild",
        _below(
            "spec",
            (Pattern("nimCache.name", to.NIM_CACHE), _pull("image.pullSecrets[]"), *_env("env")),
        ),
    )
    for kind in ("NemoCustomizer", "NemoDatastore", "NemoEntitystore", "NemoEvaluator", "NemoGuardrail"):
        yield _NIM, kind, _below("spec", _NEMO)
    yield "helm.toolkit.fluxcd.io", "HelmRelease", _below("spec", _RELEASE)
    yield _SOURCES, "HelmChart", (Pattern("spec.sourceRef.name", kinds=_CHART_SOURCES),)
    for kind in ("GitRepository", "HelmRepository", "OCIRepository", "Bucket"):
        yield _SOURCES, kind, _below("spec", _SOURCE)
    yield "kustomize.toolkit.fluxcd.io", "Kustomization", _below("spec", _KUSTOMIZATION)
    yield _NOTIFICATION, "Alert", (Pattern("spec.providerRef.name", to.ALERT_PROVIDER),)
    yield _NOTIFICATION, "Provider", (Pattern("spec.secretRef.name", to.SECRET, role="by-hand"),)
    yield _NOTIFICATION, "Receiver", (Pattern("spec.secretRef.name", to.SECRET, role="by-hand"),)
    yield "external-secrets.io", "ExternalSecret", _below("spec", _EXTERNAL_SECRET)
    yield (
        "external-secrets.io",
        "ClusterExternalSecret",
        _below(
            "spec.externalSecretSpec",
            tuple(
                replace(pattern, kinds={"ClusterSecretStore": to.CLUSTER_SECRET_STORE}, target=None)
                for pattern in _EXTERNAL_SECRET
            ),
        ),
    )
    for kind in ("SecretStore", "ClusterSecretStore"):
        yield "external-secrets.io", kind, _below("spec", _STORE)
    yield "cert-manager.io", "Certificate", (Pattern("spec.issuerRef.name", to.ISSUER, kinds=_ISSUERS),)
    yield "cert-manager.io", "Issuer", (Pattern("spec.ca.secretName", to.SECRET, implied=("tls.crt", "tls.key")),)
    for kind, part in (("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")):
        yield "monitoring.coreos.com", kind, _below(f"spec.{part}[]", _ENDPOINT)


def patterns() -> Mapping[tuple[str, str], tuple[Pattern, ...]]:
    """The patterns of each kind, by group and kind."""
    found: dict[tuple[str, str], tuple[Pattern, ...]] = {}
    for key, at in _POD_AT.items():
        found[key] = _below(at, _POD)
    for group, kind, own in _others():
        found[group, kind] = (*found.get((group, kind), ()), *own)
    found["leaderworkerset.x-k8s.io", "LeaderWorkerSet"] += _below(
        "spec.leaderWorkerTemplate.leaderTemplate.spec", _POD
    )
    return found
