# ruff: noqa: E501 - what is replaced in a file is one text
"""Charts that are not found, not pinned, given values that they do not have, or that miss one another."""

from __future__ import annotations

from injection import append, at, delete, drop, fault, replace, resource

OPERATOR = "controllers/k8s-nim-operator.yaml"
KARPENTER = "controllers/karpenter.yaml"
CERTS = "controllers/cert-manager.yaml"
PLUGIN = "controllers/nvidia-device-plugin.yaml"
EFS = "controllers/aws-efs-csi-driver.yaml"
BALANCER = "controllers/aws-load-balancer-controller.yaml"
PROMETHEUS = "controllers/kube-prometheus-stack.yaml"
ADAPTER = "controllers/prometheus-adapter.yaml"
SECRETS = "controllers/external-secrets.yaml"


def _release(name: str, chart: str, version: str, source: str, namespace: str, values: str = "") -> str:
    return f"""
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {name}
  namespace: flux-system
spec:
  interval: 1h
  timeout: 10m
  releaseName: {name}
  targetNamespace: {namespace}
  chart:
    spec:
      chart: {chart}
      version: "{version}"
      interval: 1h
      sourceRef:
        kind: HelmRepository
        name: {source}
  install:
    crds: Create
    remediation:
      retries: 5
  upgrade:
    crds: CreateReplace
    remediation:
      retries: 5{values}
"""


def _values(text: str) -> str:
    return f"\n  values:\n{text}"


_PLAIN_POOL = """
apiVersion: karpenter.sh/v1
kind: NodePool
metadata:
  name: plain
spec:
  template:
    spec:
      nodeClassRef:
        group: karpenter.k8s.aws
        kind: EC2NodeClass
        name: g6
      requirements:
        - key: node.kubernetes.io/instance-type
          operator: In
          values:
            - m6i.xlarge
        - key: karpenter.sh/capacity-type
          operator: In
          values:
            - on-demand
  limits:
    cpu: "32"
  disruption:
    consolidationPolicy: WhenEmptyOrUnderutilized
    consolidateAfter: 5m
"""

FAULTS = (
    # Values
    fault(
        "value-with-a-typo-four-levels-deep",
        "dev",
        replace(OPERATOR, "issuerType: selfsigned", "issuerTyp: selfsigned"),
        at("helm/unknown-value", OPERATOR, "issuerTyp: selfsigned"),
    ),
    fault(
        "value-with-a-typo-three-levels-deep",
        "prod",
        replace(PROMETHEUS, 'retention: "7d"', 'retentions: "7d"'),
        at("helm/unknown-value", PROMETHEUS, 'retentions: "7d"'),
    ),
    fault(
        "value-of-karpenter-of-an-older-chart",
        "dev",
        replace(
            KARPENTER, "    settings:\n", "    settings:\n      aws:\n        defaultInstanceProfile: KarpenterNodes\n"
        ),
        at("helm/unknown-value", KARPENTER, "      aws:"),
    ),
    fault(
        "value-with-a-typo-at-the-top",
        "dev",
        replace(PLUGIN, "    gfd:\n      enabled: true", "    gdf:\n      enabled: true"),
        at("helm/unknown-value", PLUGIN, "    gdf:"),
        # ... which leaves feature discovery off
    ),
    fault(
        "value-that-belongs-one-level-higher",
        "prod",
        replace(
            ADAPTER,
            "    rules:\n      default: false\n      custom:",
            "    rules:\n      default: false\n      resources:\n        limits:\n          memory: 1Gi\n      custom:",
        ),
        at("helm/unknown-value", ADAPTER, "    rules:\n      default: false\n      resources:"),
    ),
    fault(
        "value-that-schema-of-the-chart-refuses",
        "dev",
        replace(CERTS, "      keep: true", "      keep: always"),
        at("helm/values-schema", CERTS, "keep: always"),
    ),
    fault(
        "value-that-the-schema-of-the-chart-does-not-have",
        "dev",
        replace(
            CERTS,
            "    crds:\n      enabled: true\n      keep: true",
            "    crds:\n      enabled: true\n      keep: true\n    replicas: 2",
        ),
        at("helm/values-schema", CERTS, "    replicas: 2"),
    ),
    fault(
        "text-where-the-chart-counts",
        "dev",
        replace(KARPENTER, "  values:\n", "  values:\n    replicas: two\n"),
        at("helm/value-type", KARPENTER, "replicas: two"),
    ),
    fault(
        "tolerations-as-a-mapping",
        "dev",
        replace(
            PLUGIN,
            "    tolerations:\n      - key: nvidia.com/gpu\n        operator: Exists\n        effect: NoSchedule\n    nfd:",
            "    tolerations:\n      key: nvidia.com/gpu\n      operator: Exists\n      effect: NoSchedule\n    nfd:",
        ),
        at("helm/value-type", PLUGIN, "    gfd:\n      enabled: true\n    tolerations:"),
    ),
    fault(
        "switch-in-quotes-that-is-always-on",
        "prod",
        replace(PROMETHEUS, "    grafana:\n      enabled: false", '    grafana:\n      enabled: "false"'),
        at("helm/value-type", PROMETHEUS, 'enabled: "false"'),
    ),
    fault(
        "karpenter-without-the-name-of-its-cluster",
        "dev",
        drop(KARPENTER, "      clusterName: nvidia-nim-eks"),
        at("helm/required-value", KARPENTER, "    settings:"),
    ),
    fault(
        "load-balancer-controller-without-the-name-of-its-cluster",
        "prod",
        drop(BALANCER, "    clusterName: nim-prod"),
        at("helm/required-value", BALANCER, "  values:"),
    ),
    fault(
        "load-balancer-controller-that-asks-what-its-pods-do-not-reach",
        "prod",
        drop(BALANCER, "    vpcId: vpc-0123456789abcdef0"),
        append("configs/nodepool-g6.yaml", _PLAIN_POOL),
        at("helm/load-balancer-vpc", BALANCER, "  values:"),
    ),
    # Versions
    fault(
        "chart-without-version",
        "dev",
        drop(PLUGIN, '      version: "0.20.0"'),
        at("helm/version-not-pinned", PLUGIN, "    spec:"),
    ),
    fault(
        "chart-of-whatever-is-newest-in-a-line",
        "dev",
        replace(PLUGIN, 'version: "0.20.0"', 'version: "0.x"'),
        at("helm/version-not-pinned", PLUGIN, 'version: "0.x"'),
    ),
    fault(
        "chart-of-a-range-of-versions",
        "dev",
        replace(OPERATOR, 'version: "3.1.2"', 'version: ">=3.1.2 <4"'),
        at("helm/version-not-pinned", OPERATOR, 'version: ">=3.1.2 <4"'),
    ),
    fault(
        "artifact-of-a-range-of-versions",
        "dev",
        replace("sources/cert-manager.yaml", "tag: v1.21.1", 'semver: ">=1.21"'),
        at("helm/version-not-pinned", "sources/cert-manager.yaml", 'semver: ">=1.21"'),
    ),
    fault(
        "artifact-of-the-newest-tag",
        "dev",
        drop("sources/karpenter.yaml", '  ref:\n    tag: "1.14.1"'),
        at("helm/version-not-pinned", "sources/karpenter.yaml", "spec:"),
    ),
    fault(
        "crds-of-karpenter-a-version-behind",
        "dev",
        replace("sources/karpenter-crd.yaml", 'tag: "1.14.1"', 'tag: "1.13.0"'),
        at("helm/crd-version", "sources/karpenter-crd.yaml", 'tag: "1.13.0"'),
        at("schema/pin-without-schemas", "sources/karpenter-crd.yaml", 'tag: "1.13.0"'),
    ),
    # Where charts come from
    fault(
        "chart-with-a-typo",
        "dev",
        replace(PLUGIN, "      chart: nvidia-device-plugin", "      chart: nvidia-device-plugins"),
        at("helm/unknown-chart", PLUGIN, "      chart: nvidia-device-plugins"),
    ),
    fault(
        "chart-under-the-name-of-its-project",
        "dev",
        replace(PLUGIN, "      chart: nvidia-device-plugin", "      chart: k8s-device-plugin"),
        at("helm/unknown-chart", PLUGIN, "      chart: k8s-device-plugin"),
    ),
    fault(
        "chart-from-the-repository-of-another",
        "dev",
        replace(
            PLUGIN,
            "kind: HelmRepository\n        name: nvidia-device-plugin",
            "kind: HelmRepository\n        name: k8s-nim-operator",
        ),
        at("helm/wrong-repository", PLUGIN, "name: k8s-nim-operator"),
    ),
    fault(
        "repository-of-oci-without-its-type",
        "prod",
        replace(
            "sources/external-secrets.yaml",
            "url: https://charts.external-secrets.io",
            "url: oci://ghcr.io/external-secrets/charts",
        ),
        at("helm/repository-type", "sources/external-secrets.yaml", "url: oci://ghcr.io/external-secrets/charts"),
    ),
    fault(
        "repository-of-https-that-says-oci",
        "dev",
        replace("sources/nvidia-device-plugin.yaml", "  interval: 1h", "  interval: 1h\n  type: oci"),
        at("helm/repository-type", "sources/nvidia-device-plugin.yaml", "type: oci"),
    ),
    fault(
        "page-of-the-project-instead-of-its-repository",
        "dev",
        replace(
            "sources/nvidia-device-plugin.yaml",
            "url: https://nvidia.github.io/k8s-device-plugin",
            "url: https://github.com/NVIDIA/k8s-device-plugin",
        ),
        at(
            "helm/wrong-repository",
            "sources/nvidia-device-plugin.yaml",
            "url: https://github.com/NVIDIA/k8s-device-plugin",
        ),
    ),
    # CRDs
    fault(
        "cert-manager-without-its-crds",
        "dev",
        replace(CERTS, "    crds:\n      enabled: true", "    crds:\n      enabled: false"),
        at("helm/crds-missing", CERTS, "enabled: false"),
    ),
    fault(
        "external-secrets-without-its-crds",
        "staging",
        replace(
            SECRETS,
            "      remediateLastFailure: true\n",
            "      remediateLastFailure: true\n  values:\n    installCRDs: false\n",
        ),
        at("helm/crds-missing", SECRETS, "installCRDs: false"),
    ),
    fault(
        "operator-whose-crds-nobody-upgrades",
        "dev",
        replace(OPERATOR, "crds: CreateReplace", "crds: Skip"),
        at("helm/crds-not-upgraded", OPERATOR, "  upgrade:\n    crds: Skip"),
    ),
    fault(
        "operator-whose-crds-nobody-installs",
        "dev",
        replace(OPERATOR, "  install:\n    crds: Create", "  install:\n    crds: Skip"),
        at("helm/crds-missing", OPERATOR, "  install:\n    crds: Skip"),
    ),
    fault(
        "karpenter-without-the-chart-of-its-crds",
        "dev",
        delete("controllers/karpenter-crd.yaml"),
        delete("sources/karpenter-crd.yaml"),
        drop(KARPENTER, "  dependsOn:\n    - name: karpenter-crd"),
        at("helm/crds-missing", KARPENTER, "  install:\n    crds: Skip"),
    ),
    # What a chart needs of others
    fault(
        "operator-with-a-webhook-and-no-cert-manager",
        "dev",
        delete(CERTS),
        delete("sources/cert-manager.yaml"),
        drop(OPERATOR, "  dependsOn:\n    - name: cert-manager"),
        at("helm/missing-release", OPERATOR, "      admissionController:\n        enabled: true"),
    ),
    fault(
        "rules-for-prometheus-that-is-not-there",
        "staging",
        resource(
            "configs/metrics.yaml",
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: models\n  namespace: nim-service\nspec:\n  groups:\n    - name: models\n      rules:\n        - record: models:up\n          expr: up\n",
        ),
        at("flux/crd-missing", "configs/metrics.yaml", "kind: PrometheusRule"),
    ),
    fault(
        "metrics-of-a-model-that-nobody-collects",
        "dev",
        replace(
            "models/llama-3-1-8b-instruct/nimservice.yaml",
            "  replicas: 1",
            "  metrics:\n    enabled: true\n    serviceMonitor:\n      interval: 30s\n  replicas: 1",
        ),
        at("flux/crd-missing", "models/llama-3-1-8b-instruct/nimservice.yaml", "  metrics:"),
    ),
    fault(
        "secrets-fetched-by-an-operator-that-is-not-there",
        "staging",
        delete(SECRETS),
        delete("sources/external-secrets.yaml"),
        at("flux/crd-missing", "configs/secrets.yaml", "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore"),
    ),
    fault(
        "caches-without-the-operator",
        "dev",
        delete(OPERATOR),
        delete("sources/k8s-nim-operator.yaml"),
        at("flux/crd-missing", "models/llama-3-1-8b-instruct/nimcache.yaml", "kind: NIMCache"),
    ),
    # Twice
    fault(
        "same-release-under-two-names",
        "dev",
        append(
            PLUGIN,
            _release(
                "device-plugin", "nvidia-device-plugin", "0.20.0", "nvidia-device-plugin", "nvidia-device-plugin"
            ).replace("releaseName: device-plugin", "releaseName: nvidia-device-plugin"),
        ),
        at(
            "helm/duplicate-release",
            PLUGIN,
            "  name: device-plugin\n  namespace: flux-system\nspec:\n  interval: 1h\n  timeout: 10m\n  releaseName: nvidia-device-plugin",
        ),
    ),
    fault(
        "two-device-plugins",
        "dev",
        resource(
            "sources/gpu-operator.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: gpu-operator\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata:\n  name: nvidia\n  namespace: flux-system\nspec:\n  interval: 1h\n  url: https://helm.ngc.nvidia.com/nvidia\n",
        ),
        resource(
            "controllers/gpu-operator.yaml",
            _release(
                "gpu-operator",
                "gpu-operator",
                "v26.7.0",
                "nvidia",
                "gpu-operator",
                _values("    driver:\n      enabled: false\n    toolkit:\n      enabled: false"),
            ),
        ),
        at("helm/chart-twice", PLUGIN, "      chart: nvidia-device-plugin"),
    ),
    fault(
        "driver-on-nodes-that-have-one",
        "dev",
        resource(
            "sources/gpu-operator.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: gpu-operator\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata:\n  name: nvidia\n  namespace: flux-system\nspec:\n  interval: 1h\n  url: https://helm.ngc.nvidia.com/nvidia\n",
        ),
        resource(
            "controllers/gpu-operator.yaml",
            _release(
                "gpu-operator",
                "gpu-operator",
                "v26.7.0",
                "nvidia",
                "gpu-operator",
                _values("    toolkit:\n      enabled: false\n    devicePlugin:\n      enabled: false"),
            ),
        ),
        at("helm/gpu-operator-driver", "controllers/gpu-operator.yaml", "chart: gpu-operator"),
    ),
    # How Flux installs
    fault(
        "release-tried-once",
        "dev",
        replace(
            "controllers/karpenter-crd.yaml",
            "  install:\n    crds: Skip\n    remediation:\n      retries: 5",
            "  install:\n    crds: Skip",
        ),
        at("helm/no-retries", "controllers/karpenter-crd.yaml", "  install:"),
    ),
    fault(
        "release-that-does-not-wait-for-its-pods",
        "dev",
        replace(CERTS, "  install:\n    crds: Skip", "  install:\n    crds: Skip\n    disableWait: true"),
        at("helm/no-wait", CERTS, "disableWait: true"),
    ),
    fault(
        "controllers-given-less-time-than-one-of-them",
        "dev",
        replace("flux/controllers.yaml", "timeout: 30m", "timeout: 5m"),
        at("helm/timeout", "flux/controllers.yaml", "timeout: 5m"),
    ),
    fault(
        "release-that-may-take-longer-than-its-kustomization",
        "dev",
        replace(OPERATOR, "timeout: 10m", "timeout: 45m"),
        at("helm/timeout", "flux/controllers.yaml", "timeout: 30m"),
    ),
    fault(
        "name-of-a-release-that-is-too-long",
        "dev",
        replace(
            PLUGIN,
            "releaseName: nvidia-device-plugin",
            "releaseName: nvidia-device-plugin-for-the-gpu-nodes-of-the-development-cluster",
        ),
        at("schema/bound", PLUGIN, "releaseName: nvidia-device-plugin-for-the-gpu-nodes-of-the-development-cluster"),
    ),
    fault(
        "feature-discovery-that-does-not-run-on-gpu-nodes",
        "dev",
        drop(
            PLUGIN,
            "    nfd:\n      worker:\n        tolerations:\n          - key: nvidia.com/gpu\n            operator: Exists\n            effect: NoSchedule",
        ),
        at("helm/feature-discovery-tolerations", PLUGIN, "    gfd:\n      enabled: true"),
    ),
    fault(
        "karpenter-for-another-cluster",
        "dev",
        replace(KARPENTER, "clusterName: nvidia-nim-eks", "clusterName: nvidia-nim-ekss"),
        at("helm/other-cluster", KARPENTER, "clusterName: nvidia-nim-ekss"),
    ),
    fault(
        "load-balancer-controller-for-another-cluster",
        "prod",
        replace(BALANCER, "clusterName: nim-prod", "clusterName: nim-staging"),
        at("helm/other-cluster", BALANCER, "clusterName: nim-staging"),
    ),
    fault(
        "load-balancer-controller-for-another-region",
        "prod",
        replace(BALANCER, "region: us-east-1", "region: us-west-2"),
        at("helm/other-cluster", BALANCER, "region: us-west-2"),
    ),
)

NEAR_MISSES = (
    fault(
        "value-that-is-a-free-mapping",
        "dev",
        replace(KARPENTER, "  values:\n", "  values:\n    podAnnotations:\n      example.com/team: platform\n"),
    ),
    fault(
        "value-of-a-feature-gate",
        "dev",
        replace(KARPENTER, "    settings:\n", "    settings:\n      featureGates:\n        nodeRepair: true\n"),
    ),
    fault(
        "resources-of-a-controller",
        "dev",
        replace(
            OPERATOR,
            "      upgradeCRD: false",
            "      upgradeCRD: false\n      resources:\n        requests:\n          cpu: 500m\n          memory: 256Mi",
        ),
    ),
    fault(
        "repository-with-a-slash-at-its-end",
        "dev",
        replace("sources/nvidia-device-plugin.yaml", "k8s-device-plugin", "k8s-device-plugin/"),
    ),
    fault(
        "artifact-by-its-digest",
        "dev",
        replace(
            "sources/karpenter.yaml",
            '    tag: "1.14.1"',
            '    tag: "1.14.1"\n    digest: sha256:' + "0123456789abcdef" * 4,
        ),
    ),
    fault(
        "chart-of-an-own-repository",
        "dev",
        resource(
            "sources/own.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: own\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata:\n  name: own\n  namespace: flux-system\nspec:\n  interval: 1h\n  url: https://charts.example.com\n",
        ),
        resource(
            "controllers/own.yaml", _release("own", "own-agent", "1.2.3", "own", "own", _values("    anything: 1"))
        ),
    ),
    fault(
        "operator-without-its-webhook",
        "dev",
        replace(
            OPERATOR,
            "        enabled: true\n        tls:\n          mode: cert-manager\n          certManager:\n            issuerType: selfsigned",
            "        enabled: false",
        ),
    ),
    fault(
        "karpenter-that-installs-its-own-crds",
        "dev",
        delete("controllers/karpenter-crd.yaml"),
        delete("sources/karpenter-crd.yaml"),
        drop(KARPENTER, "  dependsOn:\n    - name: karpenter-crd"),
        replace(KARPENTER, "  install:\n    crds: Skip", "  install:\n    crds: CreateReplace"),
        replace(KARPENTER, "  upgrade:\n    crds: Skip", "  upgrade:\n    crds: CreateReplace"),
    ),
    fault(
        "retries-without-end",
        "dev",
        replace(
            "controllers/karpenter-crd.yaml",
            "  install:\n    crds: Skip\n    remediation:\n      retries: 5",
            "  install:\n    crds: Skip\n    remediation:\n      retries: -1",
        ),
    ),
)
