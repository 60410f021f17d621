# ruff: noqa: E501 - what is replaced in a file is one text
"""What Flux would never reach, would apply too early, or would take away."""

from __future__ import annotations

from injection import Edit, add, append, at, delete, drop, fault, rendered, replace, resource

_MODEL = "models/llama-3-1-8b-instruct"
SERVICE = f"{_MODEL}/nimservice.yaml"
CACHE = f"{_MODEL}/nimcache.yaml"
FLUX = "flux/model-llama-3-1-8b-instruct.yaml"
CONFIGS = "flux/configs.yaml"
CONTROLLERS = "flux/controllers.yaml"
SOURCES = "flux/sources.yaml"
ENTRY = "flux-entry.yaml"
COMPONENT = "custom/models/llama-3-1-8b-instruct/kustomization.yaml"

_HEALTH = """  healthChecks:
    - apiVersion: apps.nvidia.com/v1alpha1
      kind: NIMCache
      name: llama-3-1-8b-instruct-656e23
      namespace: nim-service
    - apiVersion: apps.nvidia.com/v1alpha1
      kind: NIMService
      name: llama-3-1-8b-instruct
      namespace: nim-service"""
_EXPRESSIONS = """  healthCheckExprs:
    - apiVersion: apps.nvidia.com/v1alpha1
      kind: NIMCache
      current: "has(status.state) && status.state == 'Ready'"
    - apiVersion: apps.nvidia.com/v1alpha1
      kind: NIMService
      current: "has(status.state) && status.state == 'Ready'\""""


def _component(text: str, path: str = COMPONENT) -> Edit:
    return add(path, f"---\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n{text.lstrip()}")


def _claim(storage_class: str) -> str:
    return f"""
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: datasets
  namespace: nim-service
spec:
  accessModes:
    - ReadWriteMany
  storageClassName: {storage_class}
  resources:
    requests:
      storage: 100Gi
"""


FAULTS = (
    # Order
    fault(
        "three-kustomizations-that-wait-for-each-other",
        "dev",
        replace(
            SOURCES,
            "  sourceRef:\n    kind: GitRepository\n    name: flux-system",
            "  sourceRef:\n    kind: GitRepository\n    name: flux-system\n  dependsOn:\n    - name: nim-configs",
        ),
        at("flux/dependency-cycle", CONFIGS, "dependsOn:\n    - name: nim-controllers"),
    ),
    fault(
        "four-kustomizations-that-wait-for-each-other",
        "dev",
        replace(
            SOURCES,
            "  sourceRef:\n    kind: GitRepository\n    name: flux-system",
            "  sourceRef:\n    kind: GitRepository\n    name: flux-system\n  dependsOn:\n    - name: nim-model-llama-3-1-8b-instruct",
        ),
        at("flux/dependency-cycle", CONFIGS, "dependsOn:\n    - name: nim-controllers"),
    ),
    fault(
        "releases-that-wait-for-each-other",
        "dev",
        replace(
            "controllers/karpenter-crd.yaml",
            "  install:\n    crds: Skip",
            "  dependsOn:\n    - name: karpenter\n  install:\n    crds: Skip",
        ),
        at("flux/dependency-cycle", "controllers/karpenter.yaml", "- name: karpenter-crd"),
    ),
    fault(
        "dependency-with-a-typo",
        "dev",
        replace(CONFIGS, "- name: nim-controllers", "- name: nim-controller"),
        at("flux/missing-dependency", CONFIGS, "- name: nim-controller"),
    ),
    fault(
        "dependency-in-another-namespace",
        "dev",
        replace(CONFIGS, "- name: nim-controllers", "- name: nim-controllers\n      namespace: nim-operator"),
        at("flux/missing-dependency", CONFIGS, "- name: nim-controllers"),
    ),
    fault(
        "release-that-waits-for-one-that-is-not-there",
        "dev",
        replace("controllers/karpenter.yaml", "- name: karpenter-crd", "- name: karpenter-crds"),
        at("flux/missing-dependency", "controllers/karpenter.yaml", "- name: karpenter-crds"),
    ),
    fault(
        "node-pools-before-their-crds",
        "dev",
        drop(CONFIGS, "  dependsOn:\n    - name: nim-controllers"),
        at("flux/crds-not-ordered", CONFIGS, "spec:"),
    ),
    fault(
        "caches-before-the-operator",
        "dev",
        replace(FLUX, "- name: nim-configs", "- name: nim-sources"),
        at("flux/crds-not-ordered", FLUX, "  dependsOn:"),
    ),
    fault(
        "nobody-waits-for-the-controllers",
        "dev",
        replace(CONTROLLERS, "wait: true", "wait: false"),
        at("flux/crds-not-ordered", CONTROLLERS, "wait: false"),
    ),
    fault(
        "issuer-in-the-kustomization-of-its-controller",
        "dev",
        append(
            "controllers/cert-manager.yaml",
            "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata:\n  name: own\nspec:\n  selfSigned: {}\n",
        ),
        at("flux/crds-in-same-kustomization", "controllers/cert-manager.yaml", "kind: ClusterIssuer"),
    ),
    fault(
        "controllers-before-their-namespaces",
        "dev",
        drop(CONTROLLERS, "  dependsOn:\n    - name: nim-sources"),
        at("flux/namespace-not-ordered", CONTROLLERS, "spec:"),
    ),
    fault(
        "namespace-that-comes-with-the-model-after-its-secrets",
        "staging",
        replace(
            "sources/namespaces.yaml",
            "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim-service\n  labels:\n    pod-security.kubernetes.io/enforce: baseline\n",
            "",
        ),
        resource(
            "models/rag/namespace.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim-service\n  labels:\n    pod-security.kubernetes.io/enforce: baseline\n",
        ),
        at("flux/namespace-too-late", "configs/secrets.yaml", "name: ngc-api-secret\n  namespace: nim-service"),
    ),
    fault(
        "operator-that-does-not-wait-for-its-certificates",
        "dev",
        drop("controllers/k8s-nim-operator.yaml", "  dependsOn:\n    - name: cert-manager"),
        at("flux/release-not-ordered", "controllers/k8s-nim-operator.yaml", "  namespace: flux-system\nspec:"),
    ),
    fault(
        "suspended-for-a-moment-and-forgotten",
        "dev",
        replace(CONFIGS, "  prune: true", "  prune: true\n  suspend: true"),
        at("flux/suspended-dependency", CONFIGS, "suspend: true"),
    ),
    fault(
        "release-suspended-that-others-wait-for",
        "dev",
        replace("controllers/karpenter-crd.yaml", "  timeout: 10m", "  timeout: 10m\n  suspend: true"),
        at("flux/suspended-dependency", "controllers/karpenter-crd.yaml", "suspend: true"),
    ),
    fault(
        "source-suspended",
        "dev",
        replace(ENTRY, "  interval: 5m", "  interval: 5m\n  suspend: true"),
        at("flux/suspended-dependency", ENTRY, "suspend: true"),
    ),
    fault(
        "claim-that-is-bound-only-by-a-pod-that-comes-later",
        "dev",
        append(
            "configs/storage-efs.yaml",
            'apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: efs-late\nprovisioner: efs.csi.aws.com\nparameters:\n  provisioningMode: efs-ap\n  fileSystemId: fs-0123456789abcdef0\n  directoryPerms: "770"\n  uid: "1000"\n  gid: "2000"\nreclaimPolicy: Retain\nvolumeBindingMode: WaitForFirstConsumer\n',
        ),
        resource("configs/claim.yaml", _claim("efs-late")),
        at("flux/claim-never-bound", CONFIGS, "wait: true"),
    ),
    # Sources and paths
    fault(
        "source-with-a-typo",
        "dev",
        replace(CONFIGS, "kind: GitRepository\n    name: flux-system", "kind: GitRepository\n    name: flux-systems"),
        at("flux/missing-source", CONFIGS, "kind: GitRepository\n    name: flux-systems"),
    ),
    fault(
        "source-of-another-kind",
        "dev",
        replace(CONFIGS, "kind: GitRepository", "kind: OCIRepository"),
        at("flux/missing-source", CONFIGS, "kind: OCIRepository\n    name: flux-system"),
    ),
    fault(
        "ssh-without-a-key",
        "dev",
        drop(ENTRY, "  secretRef:\n    name: flux-system"),
        at("flux/ssh-without-key", ENTRY, "url: ssh://git@github.com/example/nim-gitops"),
    ),
    fault(
        "path-with-a-typo",
        "dev",
        replace(CONFIGS, "path: ./clusters/dev/configs", "path: ./clusters/dev/config"),
        at("build/missing-path", CONFIGS, "path: ./clusters/dev/config"),
    ),
    fault(
        "path-of-another-environment",
        "dev",
        replace(FLUX, "path: ./clusters/dev/models", "path: ./clusters/staging/models"),
        at("build/missing-path", FLUX, "path: ./clusters/staging/models/llama-3-1-8b-instruct"),
    ),
    fault(
        "path-out-of-the-repository",
        "dev",
        replace(CONFIGS, "path: ./clusters/dev/configs", "path: ../shared/configs"),
        at("build/outside-repository", CONFIGS, "path: ../shared/configs"),
    ),
    fault(
        "path-of-the-whole-environment",
        "dev",
        replace(SOURCES, "path: ./clusters/dev/sources", "path: ./clusters/dev"),
        at("flux/nested-path", SOURCES, "path: ./clusters/dev"),
    ),
    fault(
        "file-that-the-kustomization-lists-and-nobody-wrote",
        "dev",
        replace("configs/kustomization.yaml", "  - storage-efs.yaml", "  - storage-efs.yaml\n  - storage-fsx.yaml"),
        at("build/missing-path", "configs/kustomization.yaml", "  - storage-fsx.yaml"),
    ),
    fault(
        "manifest-that-no-kustomization-lists",
        "dev",
        drop("configs/kustomization.yaml", "  - storage-efs.yaml"),
        at("reference/storage-class", CACHE, "storageClass: efs-nim"),
    ),
    fault(
        "same-object-from-two-kustomizations",
        "dev",
        resource(
            f"{_MODEL}/namespace.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: nim-service\n  labels:\n    pod-security.kubernetes.io/enforce: baseline\n",
        ),
        at("flux/applied-twice", "sources/namespaces.yaml", "name: nim-service"),
    ),
    # Health
    fault(
        "health-check-of-the-cache-before-the-last",
        "dev",
        replace(FLUX, "name: llama-3-1-8b-instruct-656e23", "name: llama-3-1-8b-instruct-0a1b2c"),
        at("flux/missing-health-check", FLUX, "name: llama-3-1-8b-instruct-0a1b2c"),
    ),
    fault(
        "health-check-in-another-namespace",
        "dev",
        replace(
            FLUX,
            "name: llama-3-1-8b-instruct\n      namespace: nim-service",
            "name: llama-3-1-8b-instruct\n      namespace: default",
        ),
        at("flux/missing-health-check", FLUX, "namespace: default"),
    ),
    fault(
        "health-check-of-another-kind",
        "dev",
        replace(
            FLUX,
            "      kind: NIMService\n      name: llama-3-1-8b-instruct",
            "      kind: NIMPipeline\n      name: llama-3-1-8b-instruct",
        ),
        at("flux/missing-health-check", FLUX, "namespace: nim-service\n    - apiVersion: apps.nvidia.com/v1alpha1"),
    ),
    fault(
        "nobody-asks-whether-the-model-is-ready",
        "dev",
        drop(FLUX, _HEALTH),
        at("admission/kustomization-idle-expressions", FLUX, "  healthCheckExprs:"),
    ),
    fault(
        "flux-asks-for-a-condition-that-a-cache-does-not-have",
        "dev",
        drop(FLUX, _EXPRESSIONS),
        at("flux/health-not-judged", FLUX, "  healthChecks:"),
    ),
    fault(
        "waits-for-everything-and-so-not-for-the-check",
        "dev",
        replace(
            CONFIGS,
            "  wait: true",
            "  wait: true\n  healthChecks:\n    - apiVersion: helm.toolkit.fluxcd.io/v2\n      kind: HelmRelease\n      name: karpenter\n      namespace: flux-system",
        ),
        at("flux/ignored-health-check", CONFIGS, "- apiVersion: helm.toolkit.fluxcd.io/v2"),
    ),
    # What is taken away
    fault(
        "models-made-anew-when-a-change-is-refused",
        "dev",
        replace(FLUX, "  prune: true", "  prune: true\n  force: true"),
        at("flux/forced-model", FLUX, "force: true"),
    ),
    fault(
        "data-that-goes-with-its-manifest",
        "dev",
        append(
            "configs/storage-efs.yaml",
            'apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: efs-data\nprovisioner: efs.csi.aws.com\nparameters:\n  provisioningMode: efs-ap\n  fileSystemId: fs-0123456789abcdef0\n  directoryPerms: "770"\n  uid: "1000"\n  gid: "2000"\nreclaimPolicy: Delete\nvolumeBindingMode: Immediate\n',
        ),
        resource("configs/claim.yaml", _claim("efs-data")),
        at("flux/prune-stateful", "configs/claim.yaml", "metadata:"),
    ),
    # Variables
    fault(
        "variable-that-nobody-defines",
        "dev",
        replace(
            CONFIGS, "  prune: true", "  prune: true\n  postBuild:\n    substitute:\n      CLUSTER: nvidia-nim-eks"
        ),
        replace(
            "configs/nodepool-g5.yaml",
            "role: KarpenterNodeRole-nvidia-nim-eks",
            "role: KarpenterNodeRole-${CLUSTER_NAME}",
        ),
        at("flux/undefined-variable", "configs/nodepool-g5.yaml", "role: KarpenterNodeRole-${CLUSTER_NAME}"),
    ),
    fault(
        "variables-from-a-config-map-that-is-not-there",
        "dev",
        replace(
            CONFIGS,
            "  prune: true",
            "  prune: true\n  postBuild:\n    substituteFrom:\n      - kind: ConfigMap\n        name: cluster-settings",
        ),
        at("flux/substitute-from-missing", CONFIGS, "- kind: ConfigMap"),
    ),
    # custom/
    fault(
        "patch-that-matches-nothing",
        "dev",
        _component(
            "patches:\n  - target:\n      kind: NIMService\n      name: llama-3-1-8b\n    patch: |\n      - op: replace\n        path: /spec/replicas\n        value: 1\n"
        ),
        rendered,
        at("flux/unmatched-patch", COMPONENT, "  - target:"),
        drift=True,
    ),
    fault(
        "patch-of-another-version",
        "dev",
        _component(
            "patches:\n  - target:\n      group: apps.nvidia.com\n      version: v1\n      kind: NIMService\n    patch: |\n      - op: replace\n        path: /spec/replicas\n        value: 1\n"
        ),
        rendered,
        at("flux/unmatched-patch", COMPONENT, "  - target:"),
        drift=True,
    ),
    fault(
        "image-that-nothing-uses",
        "dev",
        _component("images:\n  - name: nvcr.io/nim/meta/llama-3.1-70b-instruct\n    newTag: 1.3.3\n"),
        rendered,
        at("flux/unmatched-image", COMPONENT, "- name: nvcr.io/nim/meta/llama-3.1-70b-instruct"),
        drift=True,
    ),
    fault(
        "patch-that-takes-the-toleration-away",
        "dev",
        _component(
            "patches:\n  - target:\n      kind: NIMCache\n    patch: |\n      - op: remove\n        path: /spec/tolerations\n"
        ),
        rendered,
        at("scheduling/taint-not-tolerated", COMPONENT, "  - target:"),
        drift=True,
    ),
    fault(
        "patch-of-a-field-with-a-typo",
        "dev",
        _component(
            "patches:\n  - target:\n      kind: NIMCache\n    patch: |\n      - op: replace\n        path: /spec/storage/pvc/sizes\n        value: 80Gi\n"
        ),
        rendered,
        at("schema/unknown-field", COMPONENT, "  - target:"),
        drift=True,
    ),
    fault(
        "patch-of-a-merge-without-its-target",
        "dev",
        _component(
            "patches:\n  - patch: |\n      apiVersion: apps.nvidia.com/v1alpha1\n      kind: NIMService\n      metadata:\n        name: llama-3-1-8b-instruct\n        namespace: nim\n      spec:\n        replicas: 1\n"
        ),
        rendered,
        at("build/failed", COMPONENT, "  - patch: |"),
        drift=True,
    ),
    fault(
        "object-of-custom-in-a-namespace-that-nobody-creates",
        "dev",
        _component("resources:\n  - settings.yaml\n"),
        add(
            "custom/models/llama-3-1-8b-instruct/settings.yaml",
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: chat\ndata:\n  greeting: hello\n",
        ),
        rendered,
        at("reference/namespace", "custom/models/llama-3-1-8b-instruct/settings.yaml", "namespace: chat"),
        drift=True,
    ),
    fault(
        "generated-file-edited-by-hand",
        "dev",
        replace(SERVICE, "replicas: 1", "replicas: 2"),
        replace("flux/model-llama-3-1-8b-instruct.yaml", "timeout: 64m", "timeout: 65m"),
        at("drift/edited", SERVICE, "replicas: 2"),
        at("drift/edited", FLUX, "timeout: 65m"),
        at("policy/pod-disruption-budget", SERVICE, "replicas: 2"),
        drift=True,
    ),
    fault(
        "generated-file-deleted-by-hand",
        "dev",
        delete(f"{_MODEL}/networkpolicy.yaml"),
        at("drift/edited", f"{_MODEL}/kustomization.yaml", "- nimcache.yaml"),
        at("drift/missing", "environment.yaml", "models:\n  llama-3-1-8b-instruct:"),
        at("policy/network-policy", SERVICE, "metadata:\n  name: llama-3-1-8b-instruct"),
        drift=True,
    ),
    fault(
        "variables-that-are-applied-only-later",
        "dev",
        replace(
            CONTROLLERS,
            "  prune: true",
            "  prune: true\n  postBuild:\n    substituteFrom:\n      - kind: ConfigMap\n        name: cluster-settings",
        ),
        resource(
            "configs/settings.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cluster-settings\n  namespace: flux-system\ndata:\n  CLUSTER: nvidia-nim-eks\n",
        ),
        at("flux/deadlock", CONFIGS, "- name: nim-controllers"),
    ),
    fault(
        "replacement-that-puts-its-value-nowhere",
        "dev",
        _component(
            "replacements:\n  - source:\n      kind: NIMCache\n      fieldPath: metadata.name\n    targets:\n      - select:\n          kind: NIMService\n          name: lama\n        fieldPaths:\n          - spec.storage.nimCache.name\n"
        ),
        rendered,
        at("flux/unmatched-replacement", COMPONENT, "- select:"),
        drift=True,
    ),
    fault(
        "patch-that-names-a-secret-that-is-not-there",
        "staging",
        add(
            "custom/models/rag/kustomization.yaml",
            "---\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n  - target:\n      kind: NIMCache\n      name: llm.*\n    patch: |\n      - op: replace\n        path: /spec/source/ngc/authSecret\n        value: ngc-key\n",
        ),
        rendered,
        at("reference/secret", "custom/models/rag/kustomization.yaml", "  - target:"),
        drift=True,
    ),
    fault(
        "patch-that-asks-for-more-gpus-than-a-node-has",
        "dev",
        _component(
            "patches:\n  - target:\n      kind: NIMService\n    patch: |\n      - op: replace\n        path: /spec/resources/requests/memory\n        value: 300Gi\n      - op: replace\n        path: /spec/resources/limits/memory\n        value: 300Gi\n"
        ),
        rendered,
        at("scheduling/pod-too-large", COMPONENT, "  - target:"),
        drift=True,
    ),
    fault(
        "prefix-that-kustomize-does-not-put-into-references",
        "dev",
        _component("namePrefix: dev-\n"),
        rendered,
        at("reference/nim-cache", SERVICE, "name: llama-3-1-8b-instruct-656e23"),
        at("reference/network-policy-target", f"{_MODEL}/networkpolicy.yaml", "  podSelector:"),
        at("flux/missing-health-check", FLUX, "name: llama-3-1-8b-instruct-656e23"),
        at("flux/missing-health-check", FLUX, "name: llama-3-1-8b-instruct\n"),
        drift=True,
    ),
)

NEAR_MISSES = (
    fault(
        "order-between-releases-that-is-not-needed",
        "dev",
        replace(
            "controllers/nvidia-device-plugin.yaml",
            "  install:\n    crds: Create",
            "  dependsOn:\n    - name: karpenter\n  install:\n    crds: Create",
        ),
    ),
    fault(
        "two-dependencies-where-one-would-do",
        "dev",
        replace(FLUX, "- name: nim-configs", "- name: nim-configs\n    - name: nim-controllers"),
    ),
    fault(
        "variable-that-is-defined",
        "dev",
        replace(
            CONFIGS, "  prune: true", "  prune: true\n  postBuild:\n    substitute:\n      CLUSTER: nvidia-nim-eks"
        ),
        replace(
            "configs/nodepool-g5.yaml", "role: KarpenterNodeRole-nvidia-nim-eks", "role: KarpenterNodeRole-${CLUSTER}"
        ),
    ),
    fault(
        "variable-with-a-default",
        "dev",
        replace(CONFIGS, "  prune: true", "  prune: true\n  postBuild:\n    substitute:\n      REGION: us-west-2"),
        replace(
            "configs/nodepool-g5.yaml",
            "role: KarpenterNodeRole-nvidia-nim-eks",
            "role: KarpenterNodeRole-${CLUSTER:=nvidia-nim-eks}",
        ),
    ),
    fault(
        "optional-variables",
        "dev",
        replace(
            CONFIGS,
            "  prune: true",
            "  prune: true\n  postBuild:\n    substituteFrom:\n      - kind: ConfigMap\n        name: cluster-settings\n        optional: true",
        ),
    ),
    fault(
        "dollar-where-flux-substitutes-nothing",
        "dev",
        replace(
            "configs/nodepool-g5.yaml",
            "metadata:\n  name: g5\nspec:\n  amiSelectorTerms",
            'metadata:\n  name: g5\n  annotations:\n    note: "${CLUSTER_NAME}"\nspec:\n  amiSelectorTerms',
        ),
    ),
    fault(
        "public-repository-over-https",
        "dev",
        replace(ENTRY, "url: ssh://git@github.com/example/nim-gitops", "url: https://github.com/example/nim-gitops"),
        drop(ENTRY, "  secretRef:\n    name: flux-system"),
    ),
    fault(
        "patch-that-matches",
        "dev",
        _component(
            "patches:\n  - target:\n      kind: NIMService\n      name: llama.*\n    patch: |\n      - op: add\n        path: /metadata/labels\n        value:\n          team: chat\n"
        ),
        rendered,
        drift=True,
    ),
    fault(
        "more-objects-in-custom",
        "dev",
        _component("resources:\n  - settings.yaml\n"),
        add(
            "custom/models/llama-3-1-8b-instruct/settings.yaml",
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: nim-service\ndata:\n  greeting: hello\n",
        ),
        rendered,
        drift=True,
    ),
    fault("claim-that-is-bound-at-once", "dev", resource("configs/claim.yaml", _claim("efs-nim"))),
    fault(
        "path-without-its-dot", "dev", replace(CONFIGS, "path: ./clusters/dev/configs", "path: clusters/dev/configs")
    ),
    fault("longer-interval", "dev", replace(CONFIGS, "interval: 10m", "interval: 1h")),
    fault("releases-checked-more-often", "dev", replace("controllers/karpenter.yaml", "interval: 1h", "interval: 15m")),
    fault(
        "variables-that-come-with-the-kustomization-itself",
        "dev",
        replace(
            SOURCES,
            "  prune: true",
            "  prune: true\n  postBuild:\n    substituteFrom:\n      - kind: ConfigMap\n        name: cluster-settings",
        ),
        add(
            "settings.yaml",
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cluster-settings\n  namespace: flux-system\ndata:\n  CLUSTER: nvidia-nim-eks\n",
        ),
        replace("kustomization.yaml", "resources:\n", "resources:\n  - settings.yaml\n"),
    ),
)
