# ruff: noqa: E501 - what is replaced in a file is one text
"""References to what is not there, is elsewhere, or is of another kind."""

from __future__ import annotations

from injection import Edit, add, append, at, delete, drop, fault, replace, resource
from manifests import deployment

_MODEL = "models/llama-3-1-8b-instruct"
SERVICE = f"{_MODEL}/nimservice.yaml"
CACHE = f"{_MODEL}/nimcache.yaml"
PIPELINE = "models/rag/nimpipeline.yaml"
SECRETS = "configs/secrets.yaml"
NAMESPACES = "sources/namespaces.yaml"
EXTRA = f"{_MODEL}/extra.yaml"


def _extra(text: str) -> Edit:
    return resource(EXTRA, text)


def _declare(kind: str, name: str) -> Edit:
    return add("/nimfleet.toml", f'[[external]]\nkind = "{kind}"\nname = "{name}"\nnamespace = "nim-service"\n')


def _env(text: str) -> str:
    return f"\n          env:\n{text}"


def _ingress(service: str = "llama-3-1-8b-instruct", port: str = "number: 8000", ingress_class: str = "alb") -> str:
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: chat
  namespace: nim-service
  annotations:
    alb.ingress.kubernetes.io/scheme: internal
    alb.ingress.kubernetes.io/target-type: ip
spec:
  ingressClassName: {ingress_class}
  rules:
    - host: chat.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {service}
                port:
                  {port}
"""


def _monitor(app: str = "llama-3-1-8b-instruct", port: str = "api", namespaces: str = "") -> str:
    return f"""
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: more
  namespace: nim-service
spec:{namespaces}
  selector:
    matchLabels:
      app: {app}
  endpoints:
    - port: {port}
      path: /v1/metrics
"""


def _scaler(kind: str, name: str, api: str) -> str:
    return f"""
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: worker
  namespace: nim-service
spec:
  scaleTargetRef:
    apiVersion: {api}
    kind: {kind}
    name: {name}
  minReplicas: 1
  maxReplicas: 2
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 80
"""


def _service(selector: str, name: str = "worker") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: nim-service
spec:
  selector:
    app: {selector}
  ports:
    - name: http
      port: 80
      targetPort: 8080
"""


_CLASS_AGAIN = """
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: efs-nim
provisioner: efs.csi.aws.com
parameters:
  provisioningMode: efs-ap
  fileSystemId: fs-0fedcba9876543210
  directoryPerms: "770"
  uid: "1000"
  gid: "2000"
reclaimPolicy: Retain
volumeBindingMode: Immediate
"""

FAULTS = (
    # What a NIMService needs
    fault(
        "cache-with-a-typo-in-its-name",
        "dev",
        replace(SERVICE, "name: llama-3-1-8b-instruct-656e23", "name: llama-3-1-8b-instruct-656e32"),
        at("reference/nim-cache", SERVICE, "name: llama-3-1-8b-instruct-656e32"),
    ),
    fault(
        "cache-of-another-model-that-was-deleted",
        "staging",
        delete("models/rag/nimcache-reranking.yaml"),
        replace(
            "flux/model-rag.yaml",
            "    - apiVersion: apps.nvidia.com/v1alpha1\n      kind: NIMCache\n      name: reranking-d9ef82\n      namespace: nim-service\n",
            "",
        ),
        at("reference/nim-cache", PIPELINE, "name: reranking-d9ef82"),
    ),
    fault(
        "cache-in-another-namespace-than-its-service",
        "dev",
        replace(CACHE, "namespace: nim-service", "namespace: nim-operator"),
        replace(
            "flux/model-llama-3-1-8b-instruct.yaml",
            "name: llama-3-1-8b-instruct-656e23\n      namespace: nim-service",
            "name: llama-3-1-8b-instruct-656e23\n      namespace: nim-operator",
        ),
        at("reference/nim-cache", SERVICE, "name: llama-3-1-8b-instruct-656e23"),
        # what it needs is not there either, and nobody looks after what runs there
        at("reference/secret-unmanaged", CACHE, "pullSecret: ngc-secret"),
        at("reference/secret-unmanaged", CACHE, "authSecret: ngc-api-secret"),
        at("policy/pod-security", NAMESPACES, "name: cert-manager\n---\napiVersion: v1\nkind: Namespace\nmetadata:"),
    ),
    fault(
        "profile-that-the-cache-does-not-keep",
        "dev",
        replace(
            CACHE,
            '        engine: tensorrt_llm\n        precision: fp16\n        tensorParallelism: "2"\n        gpus:\n          - product: a10g',
            "        profiles:\n          - 0494aafce0df9eeaea49bbca6b25fc3013d0e8a752ebcf191a2ddeaab19481ee",
        ),
        replace(SERVICE, 'profile: ""', "profile: 1d7b604f835f74791e6bfd843047fc00a5aef0f72954ca48ce963811fb6f3f09"),
        at(
            "reference/nim-cache-profile",
            SERVICE,
            "profile: 1d7b604f835f74791e6bfd843047fc00a5aef0f72954ca48ce963811fb6f3f09",
        ),
    ),
    fault(
        "key-of-ngc-under-a-name-that-nobody-makes",
        "staging",
        replace("models/rag/nimcache-llm.yaml", "authSecret: ngc-api-secret", "authSecret: ngc-api-key"),
        at("reference/secret", "models/rag/nimcache-llm.yaml", "authSecret: ngc-api-key"),
    ),
    fault(
        "pull-secret-with-a-typo-in-a-pipeline",
        "staging",
        replace(
            PIPELINE,
            'llama-3.1-8b-instruct\n          tag: "1.13.1"\n          pullPolicy: IfNotPresent\n          pullSecrets:\n            - ngc-secret',
            'llama-3.1-8b-instruct\n          tag: "1.13.1"\n          pullPolicy: IfNotPresent\n          pullSecrets:\n            - ngc-secrets',
        ),
        at("reference/secret", PIPELINE, "- ngc-secrets"),
    ),
    fault(
        "pull-secret-and-key-mixed-up",
        "staging",
        replace("models/rag/nimcache-llm.yaml", "pullSecret: ngc-secret", "pullSecret: ngc-api-secret"),
        at("reference/pull-secret-type", "models/rag/nimcache-llm.yaml", "pullSecret: ngc-api-secret"),
    ),
    fault(
        "key-of-ngc-under-another-key",
        "staging",
        replace("models/rag/nimcache-llm.yaml", "authSecret: ngc-api-secret", "authSecret: ngc-other"),
        append(
            SECRETS,
            """
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: ngc-other
  namespace: nim-service
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: aws-secrets-manager
  target:
    name: ngc-other
  data:
    - secretKey: NGC_APIKEY
      remoteRef:
        key: nim-staging/ngc
        property: NGC_API_KEY
""",
        ),
        at("reference/secret-key", "models/rag/nimcache-llm.yaml", "authSecret: ngc-other"),
    ),
    fault(
        "secrets-fetched-into-another-namespace",
        "staging",
        replace(
            SECRETS, "  name: ngc-secret\n  namespace: nim-service", "  name: ngc-secret\n  namespace: nim-operator"
        ),
        at("reference/secret", "models/rag/nimcache-embedding.yaml", "pullSecret: ngc-secret"),
    ),
    fault(
        "runtime-class-that-eks-does-not-have",
        "dev",
        replace(SERVICE, "  replicas: 1", "  runtimeClassName: nvidia\n  replicas: 1"),
        at("reference/runtime-class", SERVICE, "runtimeClassName: nvidia"),
    ),
    fault(
        "priority-class-that-nobody-makes",
        "dev",
        replace(SERVICE, "  replicas: 1", "  priorityClassName: models-first\n  replicas: 1"),
        at("reference/priority-class", SERVICE, "priorityClassName: models-first"),
    ),
    fault(
        "proxy-certificates-from-a-config-map-that-is-not-there",
        "dev",
        replace(
            SERVICE,
            "  replicas: 1",
            "  proxy:\n    httpsProxy: http://proxy.example.com:3128\n    certConfigMap: proxy-ca\n  replicas: 1",
        ),
        at("reference/config-map", SERVICE, "certConfigMap: proxy-ca"),
    ),
    fault(
        "service-that-mounts-a-claim-that-nobody-makes",
        "dev",
        replace(
            SERVICE,
            '    nimCache:\n      name: llama-3-1-8b-instruct-656e23\n      profile: ""',
            "    pvc:\n      name: models",
        ),
        at("reference/claim", SERVICE, "    pvc:\n      name: models"),
    ),
    fault(
        "dependency-of-a-pipeline-that-is-no-member",
        "staging",
        replace(
            PIPELINE,
            "    - name: llm\n      enabled: true\n",
            "    - name: llm\n      enabled: true\n      dependencies:\n        - name: embeddings\n          port: 8000\n",
        ),
        at("reference/pipeline-dependency", PIPELINE, "- name: embeddings"),
    ),
    fault(
        "two-names-for-the-same-service",
        "dev",
        _extra(_service("llama-3-1-8b-instruct", "llama-3-1-8b-instruct")),
        at("reference/name-taken", EXTRA, "name: llama-3-1-8b-instruct\n".rstrip()),
    ),
    # Nodes, storage
    fault(
        "node-class-with-a-typo",
        "dev",
        replace(
            "configs/nodepool-g5.yaml", "kind: EC2NodeClass\n        name: g5", "kind: EC2NodeClass\n        name: g55"
        ),
        at("reference/node-class", "configs/nodepool-g5.yaml", "kind: EC2NodeClass\n        name: g55"),
    ),
    fault(
        "storage-class-of-the-other-environment",
        "dev",
        replace(CACHE, "storageClass: efs-nim", "storageClass: efs-sc"),
        at("reference/storage-class", CACHE, "storageClass: efs-sc"),
    ),
    fault(
        "storage-class-renamed-and-the-caches-not",
        "prod",
        replace("configs/storage-efs.yaml", "name: efs-nim", "name: efs-models"),
        # told once, with the others named
        at("reference/storage-class", "models/content-safety/nimcache.yaml", "storageClass: efs-nim"),
    ),
    # Releases
    fault(
        "release-whose-repository-has-a-typo",
        "dev",
        replace(
            "controllers/nvidia-device-plugin.yaml",
            "kind: HelmRepository\n        name: nvidia-device-plugin",
            "kind: HelmRepository\n        name: nvidia-device-plugins",
        ),
        at(
            "reference/helm-source",
            "controllers/nvidia-device-plugin.yaml",
            "kind: HelmRepository\n        name: nvidia-device-plugins",
        ),
    ),
    fault(
        "release-whose-source-is-of-another-kind",
        "dev",
        replace("controllers/karpenter.yaml", "kind: OCIRepository", "kind: HelmChart"),
        at("reference/helm-source", "controllers/karpenter.yaml", "kind: HelmChart\n    name: karpenter"),
    ),
    fault(
        "release-whose-source-is-in-another-namespace",
        "dev",
        replace(
            "controllers/nvidia-device-plugin.yaml",
            "kind: HelmRepository\n        name: nvidia-device-plugin",
            "kind: HelmRepository\n        namespace: nvidia-device-plugin\n        name: nvidia-device-plugin",
        ),
        at(
            "reference/helm-source",
            "controllers/nvidia-device-plugin.yaml",
            "namespace: nvidia-device-plugin\n        name: nvidia-device-plugin",
        ),
    ),
    fault(
        "source-that-was-deleted",
        "dev",
        delete("sources/karpenter-crd.yaml"),
        at("reference/helm-source", "controllers/karpenter-crd.yaml", "kind: OCIRepository\n    name: karpenter-crd"),
    ),
    fault(
        "values-from-a-config-map-that-is-not-there",
        "dev",
        replace(
            "controllers/karpenter.yaml",
            "  values:\n    settings:",
            "  valuesFrom:\n    - kind: ConfigMap\n      name: karpenter-values\n  values:\n    settings:",
        ),
        at("reference/values-from", "controllers/karpenter.yaml", "name: karpenter-values"),
    ),
    fault(
        "values-from-a-key-that-the-config-map-does-not-have",
        "dev",
        replace(
            "controllers/karpenter.yaml",
            "  values:\n    settings:",
            "  valuesFrom:\n    - kind: ConfigMap\n      name: karpenter-values\n      valuesKey: settings.yaml\n  values:\n    settings:",
        ),
        append(
            "controllers/karpenter.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: karpenter-values\n  namespace: flux-system\ndata:\n  values.yaml: |\n    replicas: 2\n",
        ),
        at("reference/values-from", "controllers/karpenter.yaml", "valuesKey: settings.yaml"),
    ),
    fault(
        "release-into-a-namespace-that-nobody-creates",
        "dev",
        replace("controllers/k8s-nim-operator.yaml", "targetNamespace: nim-operator", "targetNamespace: nim-operators"),
        at("reference/namespace", "controllers/k8s-nim-operator.yaml", "targetNamespace: nim-operators"),
    ),
    fault(
        "namespace-of-a-release-that-was-deleted",
        "dev",
        replace(NAMESPACES, "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: nvidia-device-plugin\n", ""),
        at("reference/namespace", "controllers/nvidia-device-plugin.yaml", "targetNamespace: nvidia-device-plugin"),
    ),
    fault(
        "namespace-with-a-typo-in-a-budget",
        "prod",
        replace("models/embedding/poddisruptionbudget.yaml", "namespace: nim-service", "namespace: nim-services"),
        at("reference/namespace", "models/embedding/poddisruptionbudget.yaml", "namespace: nim-services"),
        # the budget is away, and the model without one
        at("policy/pod-disruption-budget", "models/embedding/nimservice.yaml", "  replicas: 2"),
    ),
    # Secrets
    fault(
        "store-with-a-typo",
        "staging",
        replace(
            SECRETS,
            "  name: ngc-api-secret\n  namespace: nim-service\nspec:\n  refreshInterval: 1h\n  secretStoreRef:\n    kind: ClusterSecretStore\n    name: aws-secrets-manager",
            "  name: ngc-api-secret\n  namespace: nim-service\nspec:\n  refreshInterval: 1h\n  secretStoreRef:\n    kind: ClusterSecretStore\n    name: aws-secret-manager",
        ),
        at("reference/secret-store", SECRETS, "name: aws-secret-manager"),
    ),
    fault(
        "store-of-the-namespace-where-there-is-one-of-the-cluster",
        "staging",
        replace(
            SECRETS,
            "  name: ngc-api-secret\n  namespace: nim-service\nspec:\n  refreshInterval: 1h\n  secretStoreRef:\n    kind: ClusterSecretStore\n    name: aws-secrets-manager",
            "  name: ngc-api-secret\n  namespace: nim-service\nspec:\n  refreshInterval: 1h\n  secretStoreRef:\n    kind: SecretStore\n    name: aws-secrets-manager",
        ),
        at("reference/secret-store", SECRETS, "kind: SecretStore\n    name: aws-secrets-manager"),
    ),
    # Ways in
    fault(
        "ingress-class-of-a-controller-that-is-not-there",
        "prod",
        replace(SERVICE, "ingressClass: alb", "ingressClass: nginx"),
        at("reference/ingress-class", SERVICE, "ingressClass: nginx"),
    ),
    fault(
        "ingress-where-there-is-no-controller",
        "dev",
        _extra(_ingress()),
        at("reference/ingress-class", EXTRA, "ingressClassName: alb"),
        # what an Ingress brings a model out to wants more than one
        at("policy/single-replica", SERVICE, "replicas: 1"),
    ),
    fault(
        "ingress-to-a-service-with-a-typo",
        "prod",
        _extra(_ingress(service="llama-3-1-8b-instruct-svc")),
        at("reference/service", EXTRA, "name: llama-3-1-8b-instruct-svc"),
    ),
    fault(
        "ingress-to-a-port-that-the-service-does-not-have",
        "prod",
        _extra(_ingress(port="number: 8080")),
        at("reference/service-port", EXTRA, "number: 8080"),
    ),
    fault(
        "ingress-to-a-port-by-a-name-that-it-does-not-have",
        "prod",
        _extra(_ingress(port="name: http")),
        at("reference/service-port", EXTRA, "name: http"),
    ),
    fault(
        "route-to-a-gateway-that-is-not-there",
        "prod",
        add(
            "/nimfleet.toml", '[[external]]\nkind = "CustomResourceDefinition"\nname = "*.gateway.networking.k8s.io"\n'
        ),
        _extra(
            """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: chat
  namespace: nim-service
spec:
  parentRefs:
    - name: public
  rules:
    - backendRefs:
        - name: llama-3-1-8b-instruct
          port: 8000
"""
        ),
        at("reference/gateway", EXTRA, "- name: public"),
    ),
    fault(
        "service-that-selects-no-pod",
        "dev",
        _extra(_service("llama-8b")),
        at("reference/service-selector", EXTRA, "  selector:"),
    ),
    # Metrics and scaling
    fault(
        "monitor-of-a-port-with-another-name",
        "prod",
        _extra(_monitor(port="http")),
        at("reference/monitor-port", EXTRA, "- port: http"),
    ),
    fault(
        "monitor-of-services-that-are-not-there",
        "prod",
        _extra(_monitor(app="llama")),
        at("reference/monitor-target", EXTRA, "  selector:"),
    ),
    fault(
        "monitor-that-looks-in-another-namespace",
        "prod",
        _extra(_monitor(namespaces="\n  namespaceSelector:\n    matchNames:\n      - nim-services")),
        at("reference/monitor-target", EXTRA, "  selector:"),
    ),
    fault(
        "autoscaler-of-a-deployment-that-is-not-there",
        "dev",
        _extra(_scaler("Deployment", "workers", "apps/v1")),
        at("reference/scale-target", EXTRA, "name: workers"),
    ),
    fault(
        "autoscaler-of-a-kind-that-has-no-scale",
        "dev",
        _extra(_scaler("NIMCache", "llama-3-1-8b-instruct-656e23", "apps.nvidia.com/v1alpha1")),
        at("reference/scale-target", EXTRA, "kind: NIMCache"),
    ),
    fault(
        "metric-that-the-adapter-serves-under-another-name",
        "prod",
        replace("controllers/prometheus-adapter.yaml", "as: gpu_cache_usage_perc", "as: kv_cache_usage_perc"),
        at("reference/metric", SERVICE, "name: gpu_cache_usage_perc"),
    ),
    fault(
        "metric-where-no-adapter-serves-any",
        "prod",
        delete("controllers/prometheus-adapter.yaml"),
        at("reference/metric", SERVICE, "name: gpu_cache_usage_perc"),
    ),
    # Guards
    fault(
        "budget-for-pods-that-are-not-there",
        "prod",
        replace("models/embedding/poddisruptionbudget.yaml", "app: embedding", "app: embeddings"),
        at("reference/budget-target", "models/embedding/poddisruptionbudget.yaml", "app: embeddings"),
    ),
    fault(
        "network-policy-for-pods-that-are-not-there",
        "dev",
        replace(f"{_MODEL}/networkpolicy.yaml", "app: llama-3-1-8b-instruct", "app: llama-3-8b-instruct"),
        at("reference/network-policy-target", f"{_MODEL}/networkpolicy.yaml", "  podSelector:"),
    ),
    # Deployments beside the models
    fault(
        "address-of-a-model-with-a-typo",
        "dev",
        _extra(
            deployment(
                env=_env(
                    "            - name: OPENAI_API_BASE_URL\n              value: http://llama-3-1-8b-instuct.nim-service.svc.cluster.local:8000/v1"
                )
            )
        ),
        at(
            "reference/service-address",
            EXTRA,
            "value: http://llama-3-1-8b-instuct.nim-service.svc.cluster.local:8000/v1",
        ),
    ),
    fault(
        "address-of-a-model-by-a-short-name-with-a-typo",
        "dev",
        _extra(
            deployment(
                env=_env(
                    "            - name: OPENAI_API_BASE_URL\n              value: http://llama-3-1-8b-instuct:8000/v1"
                )
            )
        ),
        at("reference/service-address", EXTRA, "value: http://llama-3-1-8b-instuct:8000/v1"),
    ),
    fault(
        "address-of-a-model-in-another-namespace",
        "dev",
        _extra(
            deployment(
                env=_env(
                    "            - name: OPENAI_API_BASE_URL\n              value: http://llama-3-1-8b-instruct.nim.svc.cluster.local:8000/v1"
                )
            )
        ),
        at("reference/service-address", EXTRA, "value: http://llama-3-1-8b-instruct.nim.svc.cluster.local:8000/v1"),
    ),
    fault(
        "address-of-a-model-at-another-port",
        "dev",
        _extra(
            deployment(
                env=_env(
                    "            - name: OPENAI_API_BASE_URL\n              value: http://llama-3-1-8b-instruct.nim-service.svc.cluster.local:8080/v1"
                )
            )
        ),
        at(
            "reference/service-address",
            EXTRA,
            "value: http://llama-3-1-8b-instruct.nim-service.svc.cluster.local:8080/v1",
        ),
    ),
    fault(
        "address-of-the-other-member-of-a-pipeline-with-a-typo",
        "staging",
        replace(
            PIPELINE,
            "          sharedMemorySizeLimit: 16Gi\n",
            "          sharedMemorySizeLimit: 16Gi\n        env:\n          - name: EMBEDDING_URL\n            value: http://embeddings:8000/v1\n",
        ),
        at("reference/service-address", PIPELINE, "value: http://embeddings:8000/v1"),
    ),
    fault(
        "variable-from-a-key-that-the-secret-does-not-have",
        "staging",
        resource(
            "models/rag/extra.yaml",
            deployment(
                env=_env(
                    "            - name: NGC_API_KEY\n              valueFrom:\n                secretKeyRef:\n                  name: ngc-api-secret\n                  key: NGC_KEY"
                )
            ),
        ),
        at("reference/secret-key", "models/rag/extra.yaml", "key: NGC_KEY"),
    ),
    fault(
        "variable-from-a-config-map-that-is-not-there",
        "dev",
        _extra(
            deployment(
                env=_env(
                    "            - name: LIMIT\n              valueFrom:\n                configMapKeyRef:\n                  name: worker\n                  key: limit"
                )
            )
        ),
        at("reference/config-map", EXTRA, "configMapKeyRef:\n                  name: worker"),
    ),
    fault(
        "service-account-that-is-not-there",
        "dev",
        _extra(deployment(extra="\n      serviceAccountName: worker")),
        at("reference/service-account", EXTRA, "serviceAccountName: worker"),
    ),
    fault(
        "secret-that-nothing-makes-where-others-are-fetched",
        "prod",
        _extra(deployment(env="\n          envFrom:\n            - secretRef:\n                name: worker-keys")),
        at("reference/secret", EXTRA, "name: worker-keys"),
    ),
    fault(
        "binding-to-a-role-that-is-not-there",
        "dev",
        _extra(
            """
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: readers
  namespace: nim-service
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: model-reader
subjects:
  - kind: Group
    apiGroup: rbac.authorization.k8s.io
    name: chat
"""
        ),
        at("reference/role", EXTRA, "name: model-reader"),
    ),
    fault(
        "certificate-of-an-issuer-that-is-not-there",
        "dev",
        _extra(
            """
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: chat
  namespace: nim-service
spec:
  secretName: chat-tls
  dnsNames:
    - chat.example.com
  issuerRef:
    kind: ClusterIssuer
    name: letsencrypt
"""
        ),
        at("reference/issuer", EXTRA, "name: letsencrypt"),
    ),
    fault(
        "alert-of-a-provider-that-is-not-there",
        "dev",
        resource(
            "sources/alert.yaml",
            """
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata:
  name: models
  namespace: flux-system
spec:
  providerRef:
    name: chat-room
  eventSources:
    - kind: Kustomization
      name: "*"
""",
        ),
        at("reference/alert-provider", "sources/alert.yaml", "name: chat-room"),
    ),
    fault(
        "variable-from-a-key-that-the-config-map-does-not-have",
        "dev",
        _extra(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: worker\n  namespace: nim-service\ndata:\n  limits: high\n---"
            + deployment(
                env=_env(
                    "            - name: LIMIT\n              valueFrom:\n                configMapKeyRef:\n                  name: worker\n                  key: limit"
                )
            )
        ),
        at("reference/config-map-key", EXTRA, "key: limit"),
    ),
    fault(
        "service-to-a-port-that-its-pods-do-not-name",
        "dev",
        _extra(deployment() + "---" + _service("worker").replace("targetPort: 8080", "targetPort: web")),
        at("reference/target-port", EXTRA, "targetPort: web"),
    ),
    fault(
        "same-object-twice-in-a-file",
        "dev",
        append("configs/storage-efs.yaml", _CLASS_AGAIN),
        at(
            "build/failed",
            "configs/kustomization.yaml",
            "# Generated by nimfleet from environment.yaml: edit that file, or custom/, and render again.",
        ),
        at(
            "reference/duplicate-object",
            "configs/storage-efs.yaml",
            "volumeBindingMode: Immediate\n---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: efs-nim",
        ),
    ),
    fault(
        "monitor-that-prometheus-does-not-take-up",
        "prod",
        replace(
            "controllers/kube-prometheus-stack.yaml", "        serviceMonitorSelectorNilUsesHelmValues: false\n", ""
        ),
        at("reference/monitor-unselected", "models/content-safety/nimservice.yaml", "    serviceMonitor:"),
    ),
    fault(
        "volume-of-a-claim-that-nobody-makes",
        "dev",
        _extra(
            deployment(
                extra="\n      volumes:\n        - name: data\n          persistentVolumeClaim:\n            claimName: datasets"
            )
        ),
        at("reference/claim", EXTRA, "claimName: datasets"),
    ),
    fault(
        "volume-of-a-secret-that-nothing-makes",
        "staging",
        resource(
            "models/rag/extra.yaml",
            deployment(
                extra="\n      volumes:\n        - name: keys\n          secret:\n            secretName: ngc-api-secrets"
            ),
        ),
        at("reference/secret", "models/rag/extra.yaml", "secretName: ngc-api-secrets"),
    ),
    fault(
        "two-autoscalers-of-one-model",
        "prod",
        _extra(_scaler("Deployment", "llama-3-1-8b-instruct", "apps/v1")),
        at("reference/scaled-twice", EXTRA, "    name: llama-3-1-8b-instruct"),
    ),
    fault(
        "autoscaler-of-what-the-operator-sets-back",
        "dev",
        _extra(_scaler("Deployment", "llama-3-1-8b-instruct", "apps/v1")),
        at("reference/scaled-twice", EXTRA, "    name: llama-3-1-8b-instruct"),
    ),
    fault(
        "load-balancer-to-nodes-of-a-service-without-node-ports",
        "prod",
        replace(SERVICE, "target-type: ip", "target-type: instance"),
        at("reference/ingress-target", SERVICE, "alb.ingress.kubernetes.io/target-type: instance"),
    ),
    fault(
        "model-without-a-secret-to-pull-its-image",
        "dev",
        drop(SERVICE, "    pullSecrets:\n      - ngc-secret"),
        at("reference/pull-secret-missing", SERVICE, "  image:"),
    ),
    fault(
        "cache-without-a-secret-to-pull-its-image",
        "dev",
        drop(CACHE, "      pullSecret: ngc-secret"),
        at("reference/pull-secret-missing", CACHE, "    ngc:"),
    ),
    fault(
        "key-of-ngc-taken-from-the-pull-secret",
        "staging",
        replace("models/rag/nimcache-llm.yaml", "authSecret: ngc-api-secret", "authSecret: ngc-secret"),
        at("reference/secret-key", "models/rag/nimcache-llm.yaml", "authSecret: ngc-secret"),
    ),
)

NEAR_MISSES = (
    fault(
        "release-that-creates-its-own-namespace",
        "dev",
        replace(
            "controllers/k8s-nim-operator.yaml",
            "  install:\n    crds: Create\n",
            "  install:\n    createNamespace: true\n    crds: Create\n",
        ),
        replace("controllers/k8s-nim-operator.yaml", "targetNamespace: nim-operator", "targetNamespace: nim-operators"),
    ),
    fault("ingress-to-the-port-of-a-model", "prod", _extra(_ingress())),
    fault("ingress-to-the-port-of-a-model-by-name", "prod", _extra(_ingress(port="name: api"))),
    fault(
        "optional-values-that-are-not-there",
        "dev",
        replace(
            "controllers/karpenter.yaml",
            "  values:\n    settings:",
            "  valuesFrom:\n    - kind: ConfigMap\n      name: karpenter-values\n      optional: true\n  values:\n    settings:",
        ),
    ),
    fault(
        "address-of-a-model-in-its-own-namespace",
        "dev",
        _extra(
            deployment(
                env=_env(
                    "            - name: OPENAI_API_BASE_URL\n              value: http://llama-3-1-8b-instruct:8000/v1"
                )
            )
        ),
    ),
    fault(
        "address-of-something-outside-of-the-cluster",
        "dev",
        _extra(
            deployment(
                env=_env(
                    "            - name: OPENAI_API_BASE_URL\n              value: https://integrate.api.nvidia.com/v1"
                )
            )
        ),
    ),
    fault(
        "dependency-of-a-pipeline-that-is-a-member",
        "staging",
        replace(
            PIPELINE,
            "    - name: llm\n      enabled: true\n",
            "    - name: llm\n      enabled: true\n      dependencies:\n        - name: embedding\n          port: 8000\n          envName: EMBEDDING_URL\n",
        ),
    ),
    fault(
        "priority-class-of-kubernetes",
        "dev",
        _extra(deployment(extra="\n      priorityClassName: system-cluster-critical")),
    ),
    fault("monitor-of-the-port-of-a-model", "prod", _extra(_monitor())),
    fault(
        "autoscaler-of-a-deployment-that-is-there",
        "dev",
        _extra(deployment() + "---" + _scaler("Deployment", "worker", "apps/v1")),
    ),
    fault(
        "secret-declared-in-the-configuration",
        "prod",
        _extra(deployment(env="\n          envFrom:\n            - secretRef:\n                name: worker-keys")),
        _declare("Secret", "worker-keys"),
    ),
    fault("service-of-a-deployment", "dev", _extra(deployment() + "---" + _service("worker"))),
    fault(
        "optional-secret-that-nothing-makes",
        "staging",
        resource(
            "models/rag/extra.yaml",
            deployment(
                env="\n          envFrom:\n            - secretRef:\n                name: worker-keys\n                optional: true"
            ),
        ),
    ),
    fault(
        "service-to-a-port-by-its-name",
        "dev",
        _extra(deployment() + "---" + _service("worker").replace("targetPort: 8080", "targetPort: http")),
    ),
    fault(
        "claim-that-is-made-beside-its-pod",
        "dev",
        _extra(
            deployment(
                extra="\n      volumes:\n        - name: data\n          persistentVolumeClaim:\n            claimName: datasets"
            )
            + "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: datasets\n  namespace: nim-service\n  annotations:\n    kustomize.toolkit.fluxcd.io/prune: disabled\nspec:\n  accessModes:\n    - ReadWriteMany\n  storageClassName: efs-nim\n  resources:\n    requests:\n      storage: 100Gi\n"
        ),
    ),
)
