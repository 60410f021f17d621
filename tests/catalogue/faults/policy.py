# ruff: noqa: E501 - what is replaced in a file is one text
"""What works, and is not fit for production."""

from __future__ import annotations

from injection import Edit, at, delete, drop, everywhere, fault, rendered, replace, resource
from manifests import deployment

_MODEL = "models/llama-3-1-8b-instruct"
SERVICE = f"{_MODEL}/nimservice.yaml"
CACHE = f"{_MODEL}/nimcache.yaml"
POOL = "configs/nodepool-g5.yaml"
EXTRA = f"{_MODEL}/extra.yaml"
NAMESPACES = "sources/namespaces.yaml"
EMBEDDING = "models/embedding"
_CLIENTS = "    - from:\n        - namespaceSelector: {}\n      ports:\n        - protocol: TCP\n          port: 8000"


def _extra(text: str) -> Edit:
    return resource(EXTRA, text)


_ROUTER = "        alb.ingress.kubernetes.io/scheme: internal"

FAULTS = (
    # Nodes
    fault(
        "metadata-service-that-hands-out-credentials",
        "dev",
        replace(POOL, "httpTokens: required", "httpTokens: optional"),
        at("policy/imds-tokens", POOL, "httpTokens: optional"),
    ),
    fault(
        "metadata-service-that-pods-reach",
        "dev",
        replace(POOL, "httpPutResponseHopLimit: 1", "httpPutResponseHopLimit: 2"),
        at("policy/imds-hop-limit", POOL, "httpPutResponseHopLimit: 2"),
    ),
    fault(
        "nodes-that-live-an-hour",
        "dev",
        replace(POOL, "expireAfter: Never", "expireAfter: 1h"),
        at("policy/expire-after", POOL, "expireAfter: 1h"),
    ),
    fault(
        "nodes-that-live-as-long-as-karpenter-says",
        "dev",
        drop(POOL, "      expireAfter: Never"),
        at(
            "policy/expire-after",
            POOL,
            '    metadata:\n      labels:\n        nvidia.com/gpu.present: "true"\n    spec:',
        ),
    ),
    fault(
        "consolidation-that-moves-models",
        "dev",
        replace(POOL, "consolidationPolicy: WhenEmpty", "consolidationPolicy: WhenEmptyOrUnderutilized"),
        at("policy/consolidation", POOL, "consolidationPolicy: WhenEmptyOrUnderutilized"),
    ),
    fault(
        "consolidation-by-default",
        "dev",
        drop(POOL, "    consolidationPolicy: WhenEmpty"),
        at("policy/consolidation", POOL, "  disruption:"),
    ),
    fault(
        "empty-nodes-gone-at-once",
        "dev",
        replace(POOL, "consolidateAfter: 10m", "consolidateAfter: 0s"),
        at("policy/consolidate-after", POOL, "consolidateAfter: 0s"),
    ),
    fault(
        "all-gpu-nodes-at-once",
        "dev",
        replace(POOL, '- nodes: "1"', '- nodes: "100%"'),
        at("policy/node-disruption-budget", POOL, "    budgets:"),
    ),
    fault(
        "root-volume-in-plain",
        "dev",
        replace(POOL, "encrypted: true", "encrypted: false"),
        at("policy/volume-encryption", POOL, "encrypted: false"),
    ),
    fault(
        "root-volume-that-says-nothing-of-encryption",
        "dev",
        drop(POOL, "        encrypted: true"),
        at("policy/volume-encryption", POOL, "      ebs:"),
    ),
    fault(
        "nodes-in-the-internet",
        "dev",
        replace(POOL, "  role: Karp", "  associatePublicIPAddress: true\n  role: Karp"),
        at("policy/public-ip", POOL, "associatePublicIPAddress: true"),
    ),
    fault(
        "whichever-image-of-nodes-is-newest",
        "dev",
        replace(POOL, "alias: al2023@v20260903", "alias: al2023@latest"),
        at("policy/ami-latest", POOL, "alias: al2023@latest"),
    ),
    fault(
        "nodes-taken-down-in-half-a-minute",
        "dev",
        replace(POOL, "      expireAfter: Never", "      expireAfter: Never\n      terminationGracePeriod: 30s"),
        at("policy/termination-grace-period", POOL, "terminationGracePeriod: 30s"),
    ),
    fault(
        "all-nodes-of-a-model-in-one-zone",
        "prod",
        replace(
            "configs/nodepool-g6.yaml",
            "            - us-east-1a\n            - us-east-1b\n            - us-east-1d",
            "            - us-east-1a",
        ),
        at(
            "policy/single-zone",
            "configs/nodepool-g6.yaml",
            "- key: topology.kubernetes.io/zone\n          operator: In\n          values:",
        ),
    ),
    # Images
    fault(
        "model-of-the-newest-image",
        "dev",
        replace(SERVICE, 'tag: "1.3.3"', "tag: latest"),
        at("policy/image-latest", SERVICE, "tag: latest"),
    ),
    fault(
        "model-of-a-tag-that-moves",
        "dev",
        replace(SERVICE, 'tag: "1.3.3"', 'tag: "1.3"'),
        at("policy/image-moving-tag", SERVICE, 'tag: "1.3"'),
    ),
    fault(
        "cache-of-the-newest-image",
        "dev",
        replace(CACHE, "llama-3.1-8b-instruct:1.3.3", "llama-3.1-8b-instruct:latest"),
        at("policy/image-latest", CACHE, "modelPuller: nvcr.io/nim/meta/llama-3.1-8b-instruct:latest"),
    ),
    fault(
        "cache-of-another-image-than-its-service",
        "dev",
        replace(CACHE, "llama-3.1-8b-instruct:1.3.3", "llama-3.1-8b-instruct:1.8.2"),
        at("scheduling/cached-by-other-image", SERVICE, 'tag: "1.3.3"'),
    ),
    fault(
        "deployment-without-a-tag",
        "dev",
        _extra(deployment(image="registry.example.com/worker")),
        at("policy/image-latest", EXTRA, "image: registry.example.com/worker"),
    ),
    fault(
        "image-pulled-at-each-start",
        "dev",
        replace(SERVICE, "pullPolicy: IfNotPresent", "pullPolicy: Always"),
        at("policy/image-pull-always", SERVICE, "pullPolicy: Always"),
    ),
    # Availability
    fault(
        "replicas-without-a-disruption-budget",
        "prod",
        delete(f"{EMBEDDING}/poddisruptionbudget.yaml"),
        at("policy/pod-disruption-budget", f"{EMBEDDING}/nimservice.yaml", "  replicas: 2"),
    ),
    fault(
        "disruption-budget-that-lets-nobody-go",
        "prod",
        replace(f"{EMBEDDING}/poddisruptionbudget.yaml", "maxUnavailable: 1", "minAvailable: 2"),
        at("policy/pod-disruption-budget-blocks", f"{EMBEDDING}/poddisruptionbudget.yaml", "minAvailable: 2"),
    ),
    fault(
        "disruption-budget-of-nothing",
        "prod",
        replace(f"{EMBEDDING}/poddisruptionbudget.yaml", "maxUnavailable: 1", "maxUnavailable: 0"),
        at("policy/pod-disruption-budget-blocks", f"{EMBEDDING}/poddisruptionbudget.yaml", "maxUnavailable: 0"),
    ),
    fault(
        "model-behind-a-load-balancer-with-one-replica",
        "prod",
        replace(f"{EMBEDDING}/nimservice.yaml", "  replicas: 2", "  replicas: 1"),
        at("policy/single-replica", f"{EMBEDDING}/nimservice.yaml", "  replicas: 1"),
    ),
    fault(
        "autoscaling-from-one-replica-behind-a-load-balancer",
        "prod",
        replace(SERVICE, "minReplicas: 2", "minReplicas: 1"),
        at("policy/single-replica", SERVICE, "minReplicas: 1"),
    ),
    # Probes and resources
    fault(
        "startup-probe-off-and-liveness-on",
        "dev",
        replace(SERVICE, "  startupProbe:\n    enabled: true", "  startupProbe:\n    enabled: false"),
        at("policy/startup-probe", SERVICE, "  startupProbe:\n    enabled: false"),
    ),
    fault(
        "liveness-probe-off",
        "dev",
        replace(SERVICE, "  startupProbe:", "  livenessProbe:\n    enabled: false\n  startupProbe:"),
        at("policy/liveness-probe", SERVICE, "  livenessProbe:\n    enabled: false"),
    ),
    fault(
        "readiness-probe-off",
        "dev",
        replace(SERVICE, "  startupProbe:", "  readinessProbe:\n    enabled: false\n  startupProbe:"),
        at("policy/readiness-probe", SERVICE, "  readinessProbe:\n    enabled: false"),
    ),
    fault(
        "deployment-killed-before-it-has-loaded",
        "dev",
        _extra(
            deployment(gpus=1, pool="g5").replace(
                "          startupProbe:\n            httpGet:\n              path: /healthz\n              port: http\n            periodSeconds: 10\n            failureThreshold: 120\n",
                "",
            )
        ),
        at("policy/liveness-before-start", EXTRA, "          livenessProbe:"),
    ),
    fault(
        "model-without-a-memory-limit",
        "dev",
        replace(SERVICE, "    limits:\n      memory: 36Gi\n", "    limits:\n"),
        at("policy/memory-limit", SERVICE, "    limits:"),
    ),
    fault(
        "model-without-requests",
        "dev",
        replace(
            SERVICE,
            '    requests:\n      cpu: "3"\n      memory: 36Gi\n      nvidia.com/gpu: "2"\n',
            '    requests:\n      nvidia.com/gpu: "2"\n',
        ),
        at("policy/resource-requests", SERVICE, "  resources:"),
    ),
    # Network
    fault(
        "model-that-every-pod-reaches",
        "dev",
        delete(f"{_MODEL}/networkpolicy.yaml"),
        at("policy/network-policy", SERVICE, "metadata:\n  name: llama-3-1-8b-instruct"),
    ),
    fault(
        "network-policy-for-another-port",
        "dev",
        replace(f"{_MODEL}/networkpolicy.yaml", "port: 8000", "port: 8080"),
        at("policy/network-policy-blocks", f"{_MODEL}/networkpolicy.yaml", "  ingress:"),
    ),
    fault(
        "network-policy-that-lets-nobody-in",
        "dev",
        drop(f"{_MODEL}/networkpolicy.yaml", "  ingress:\n" + _CLIENTS),
        at("policy/network-policy-blocks", f"{_MODEL}/networkpolicy.yaml", "spec:"),
    ),
    fault(
        "model-in-the-internet-without-a-key",
        "prod",
        replace(SERVICE, _ROUTER, _ROUTER.replace("internal", "internet-facing")),
        at("policy/ingress-auth", SERVICE, "scheme: internet-facing"),
    ),
    fault(
        "model-in-the-internet-in-plain-text",
        "prod",
        replace(
            SERVICE,
            _ROUTER,
            _ROUTER.replace("internal", "internet-facing") + "\n        alb.ingress.kubernetes.io/auth-type: oidc",
        ),
        drop(
            SERVICE,
            "        alb.ingress.kubernetes.io/certificate-arn: arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
        ),
        replace(SERVICE, '[{\\"HTTPS\\":443}]', '[{\\"HTTP\\":80}]'),
        at("policy/ingress-tls", SERVICE, "scheme: internet-facing"),
    ),
    fault(
        "model-as-a-load-balancer",
        "dev",
        replace(
            SERVICE,
            "type: ClusterIP",
            "type: LoadBalancer\n      annotations:\n        service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing",
        ),
        at("policy/load-balancer-public", SERVICE, "type: LoadBalancer"),
        at("policy/single-replica", SERVICE, "replicas: 1"),
    ),
    # Pods
    fault(
        "namespace-of-models-that-takes-any-pod",
        "dev",
        drop(NAMESPACES, "  labels:\n    pod-security.kubernetes.io/enforce: baseline"),
        at("policy/pod-security", NAMESPACES, "name: nim-operator\n---\napiVersion: v1\nkind: Namespace\nmetadata:"),
    ),
    fault(
        "namespace-of-models-that-takes-privileged-pods",
        "dev",
        replace(NAMESPACES, "enforce: baseline", "enforce: privileged"),
        at("policy/pod-security", NAMESPACES, "enforce: privileged"),
    ),
    fault(
        "namespace-that-refuses-its-models",
        "dev",
        replace(NAMESPACES, "enforce: baseline", "enforce: restricted"),
        at("policy/pod-security-refused", SERVICE, "spec:"),
    ),
    fault(
        "pod-that-its-namespace-refuses",
        "dev",
        _extra(deployment(extra="\n      hostNetwork: true")),
        at("policy/pod-security-refused", EXTRA, "hostNetwork: true"),
    ),
    fault(
        "role-that-may-do-everything",
        "dev",
        _extra(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: everybody\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: cluster-admin\nsubjects:\n  - kind: ServiceAccount\n    name: default\n    namespace: nim-service\n"
        ),
        at("policy/cluster-admin", EXTRA, "- kind: ServiceAccount"),
    ),
    fault(
        "role-of-everything-in-a-namespace",
        "dev",
        _extra(
            'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: all\n  namespace: nim-service\nrules:\n  - apiGroups: ["*"]\n    resources: ["*"]\n    verbs: ["*"]\n'
        ),
        at("policy/rbac-wildcard", EXTRA, 'rules:\n  - apiGroups: ["*"]'),
    ),
    fault(
        "worker-as-root",
        "dev",
        _extra(deployment().replace("        runAsNonRoot: true\n        runAsUser: 1000", "        runAsUser: 0")),
        at("policy/run-as-root", EXTRA, "runAsUser: 0"),
    ),
    # The intent
    fault(
        "pool-of-the-intent-on-spot-for-one-replica",
        "dev",
        replace(
            "environment.yaml",
            "    instanceTypes: [g5.12xlarge]",
            "    instanceTypes: [g5.12xlarge]\n    capacityTypes: [spot]",
        ),
        rendered,
        at("scheduling/spot-single-replica", SERVICE, "replicas: 1"),
        drift=True,
    ),
    fault(
        "pool-of-the-intent-whose-nodes-live-a-day",
        "dev",
        replace(
            "environment.yaml",
            "    instanceTypes: [g5.12xlarge]",
            "    instanceTypes: [g5.12xlarge]\n    expireAfter: 24h",
        ),
        rendered,
        at("policy/expire-after", POOL, "expireAfter: 24h"),
        drift=True,
    ),
    fault(
        "production-in-one-zone",
        "prod",
        replace("environment.yaml", "zones: [us-east-1a, us-east-1b, us-east-1d]", "zones: [us-east-1a]"),
        rendered,
        *(
            at(
                "policy/single-zone",
                f"configs/nodepool-{name}.yaml",
                "- key: topology.kubernetes.io/zone\n          operator: In\n          values:",
            )
            for name in ("g6", "g6e", "p5")
        ),
        drift=True,
    ),
    fault(
        "chat-of-production-in-the-internet",
        "prod",
        replace("environment.yaml", "scheme: internal", "scheme: internet-facing"),
        rendered,
        *(
            at("policy/ingress-auth", f"models/{name}/nimservice.yaml", "scheme: internet-facing")
            for name in ("embedding", "llama-3-1-8b-instruct", "llama-3-3-70b-instruct", "reranking")
        ),
        drift=True,
    ),
    fault(
        "privileged-worker-beside-models",
        "dev",
        replace(NAMESPACES, "enforce: baseline", "enforce: privileged"),
        _extra(
            deployment().replace(
                "          ports:\n", "          securityContext:\n            privileged: true\n          ports:\n"
            )
        ),
        at("policy/pod-security", NAMESPACES, "enforce: privileged"),
        at("policy/privileged", EXTRA, "privileged: true"),
    ),
    fault(
        "worker-on-the-network-of-its-node",
        "dev",
        replace(NAMESPACES, "enforce: baseline", "enforce: privileged"),
        _extra(deployment(extra="\n      hostNetwork: true")),
        at("policy/pod-security", NAMESPACES, "enforce: privileged"),
        at("policy/host-namespaces", EXTRA, "hostNetwork: true"),
    ),
    fault(
        "worker-on-the-disk-of-its-node",
        "dev",
        replace(NAMESPACES, "enforce: baseline", "enforce: privileged"),
        _extra(deployment(extra="\n      volumes:\n        - name: root\n          hostPath:\n            path: /")),
        at("policy/pod-security", NAMESPACES, "enforce: privileged"),
        at("policy/host-path", EXTRA, "hostPath:"),
    ),
    fault(
        "gpu-workers-that-share-a-node",
        "dev",
        _extra(deployment(gpus=1, pool="g5", replicas=2)),
        at("policy/zone-spread", EXTRA, "        app: worker\n    spec:"),
    ),
    fault(
        "spot-nodes-whose-end-nobody-hears-of",
        "prod",
        replace("configs/nodepool-g6.yaml", "- on-demand", "- spot"),
        drop("controllers/karpenter.yaml", "      interruptionQueue: nim-prod"),
        at("policy/spot-interruption", "controllers/karpenter.yaml", "    settings:"),
    ),
    fault(
        "model-at-a-port-that-its-network-policy-does-not-know",
        "dev",
        replace(SERVICE, "      type: ClusterIP\n      port: 8000", "      type: ClusterIP\n      port: 9000"),
        replace(SERVICE, "        port: 8000\n      initial", "        port: 9000\n      initial"),
        at("policy/network-policy-blocks", f"{_MODEL}/networkpolicy.yaml", "  ingress:"),
    ),
)

NEAR_MISSES = (
    fault(
        "nodes-that-live-as-long-as-they-like-said-otherwise",
        "dev",
        replace(POOL, "consolidateAfter: 10m", "consolidateAfter: 30m"),
    ),
    fault(
        "budget-of-a-tenth-of-the-nodes", "prod", replace("configs/nodepool-g6e.yaml", '- nodes: "1"', '- nodes: "10%"')
    ),
    fault("metadata-service-that-is-off", "dev", replace(POOL, "httpEndpoint: enabled", "httpEndpoint: disabled")),
    fault(
        "volume-encrypted-with-a-key-of-ones-own",
        "dev",
        replace(
            POOL,
            "encrypted: true",
            "encrypted: true\n        kmsKeyID: arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000000",
        ),
    ),
    fault(
        "longer-time-to-leave",
        "dev",
        replace(POOL, "      expireAfter: Never", "      expireAfter: Never\n      terminationGracePeriod: 24h"),
    ),
    fault(
        "disruption-budget-that-keeps-one",
        "prod",
        replace(f"{EMBEDDING}/poddisruptionbudget.yaml", "maxUnavailable: 1", "minAvailable: 1"),
    ),
    fault(
        "disruption-budget-by-half",
        "prod",
        replace(f"{EMBEDDING}/poddisruptionbudget.yaml", "maxUnavailable: 1", "maxUnavailable: 50%"),
    ),
    fault("two-zones-are-enough", "prod", replace("configs/nodepool-g6.yaml", "            - us-east-1d\n", "")),
    fault(
        "network-policy-for-clients-of-one-namespace",
        "dev",
        replace(
            f"{_MODEL}/networkpolicy.yaml",
            "namespaceSelector: {}",
            "namespaceSelector:\n            matchLabels:\n              kubernetes.io/metadata.name: nim-service",
        ),
    ),
    fault("worker-that-is-no-model", "dev", _extra(deployment())),
    fault("worker-on-gpu-nodes", "dev", _extra(deployment(gpus=1, pool="g5"))),
    fault("nodes-of-another-ami-release", "dev", replace(POOL, "al2023@v20260903", "al2023@v20260801")),
    fault("wider-memory", "dev", everywhere(SERVICE, "memory: 36Gi", "memory: 48Gi")),
)
