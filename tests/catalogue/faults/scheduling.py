# ruff: noqa: E501 - what is replaced in a file is one text
"""Pods that no node can hold, nodes that nobody makes, GPUs that do not fit their model."""

from __future__ import annotations

from injection import add, append, at, delete, drop, everywhere, fault, replace, resource
from manifests import deployment, node_pool

_MODEL = "models/llama-3-1-8b-instruct"
SERVICE = f"{_MODEL}/nimservice.yaml"
CACHE = f"{_MODEL}/nimcache.yaml"
POOL = "configs/nodepool-g5.yaml"
LARGE = "models/llama-3-3-70b-instruct"
PIPELINE = "models/rag/nimpipeline.yaml"
PLUGIN = "controllers/nvidia-device-plugin.yaml"

_POOL_OF_SERVICE = "  nodeSelector:\n    karpenter.sh/nodepool: g5"
_COUNT = '    karpenter.k8s.aws/instance-gpu-count: "4"'
_TOLERATION = "  tolerations:\n    - key: nvidia.com/gpu\n      operator: Exists\n      effect: NoSchedule"
_TYPE = "        - key: node.kubernetes.io/instance-type\n          operator: In\n          values:\n            - g5.12xlarge"


def _family(*values: str) -> str:
    listed = "\n".join(f"            - {value}" for value in values)
    return f"        - key: karpenter.k8s.aws/instance-family\n          operator: In\n          values:\n{listed}"


def _affinity(key: str, operator: str, value: str = "") -> str:
    values = f'\n                  values:\n                    - "{value}"' if value else ""
    return f"""
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions:
                - key: {key}
                  operator: {operator}{values}"""


_JOB = """
apiVersion: batch/v1
kind: Job
metadata:
  name: warm-up
  namespace: nim-service
spec:
  template:
    spec:
      restartPolicy: Never
      nodeSelector:
        karpenter.sh/nodepool: g5
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
      containers:
        - name: warm-up
          image: registry.example.com/warm-up:1.0.0
          resources:
            requests:
              cpu: "1"
              memory: 4Gi
            limits:
              memory: 4Gi
              nvidia.com/gpu: "1"
"""

FAULTS = (
    # Selectors
    fault(
        "service-selects-a-pool-that-nobody-makes",
        "dev",
        replace(SERVICE, "nodepool: g5", "nodepool: g6"),
        at("scheduling/selector-matches-nothing", SERVICE, "nodepool: g6"),
    ),
    fault(
        "cache-selects-a-pool-that-nobody-makes",
        "dev",
        replace(CACHE, "nodepool: g5", "nodepool: gpu"),
        at("scheduling/selector-matches-nothing", CACHE, "nodepool: gpu"),
    ),
    fault(
        "selector-with-a-typo-in-its-label",
        "dev",
        replace(SERVICE, "instance-gpu-count", "instance-gpus-count"),
        at("scheduling/selector-matches-nothing", SERVICE, "instance-gpus-count"),
    ),
    fault(
        "selector-for-nodes-of-two-gpus-in-a-family-without",
        "dev",
        replace(SERVICE, 'gpu-count: "4"', 'gpu-count: "2"'),
        at("scheduling/selector-matches-nothing", SERVICE, 'gpu-count: "2"'),
    ),
    fault(
        "selector-for-a-size-that-does-not-have-that-many-gpus",
        "staging",
        replace(
            "models/rag/nimcache-llm.yaml",
            'gpu-count: "4"',
            'gpu-count: "4"\n    karpenter.k8s.aws/instance-size: xlarge',
        ),
        at("scheduling/selector-matches-nothing", "models/rag/nimcache-llm.yaml", 'instance-gpu-count: "4"'),
    ),
    fault(
        "selector-for-another-gpu-than-the-pool-has",
        "dev",
        replace(SERVICE, _COUNT, _COUNT + "\n    karpenter.k8s.aws/instance-gpu-name: l4"),
        at("scheduling/selector-matches-nothing", SERVICE, "instance-gpu-name: l4"),
    ),
    fault(
        "gpu-product-as-feature-discovery-does-not-write-it",
        "dev",
        replace(SERVICE, _COUNT, _COUNT + "\n    nvidia.com/gpu.product: A10G"),
        at("scheduling/selector-matches-nothing", SERVICE, "gpu.product: A10G"),
    ),
    fault(
        # Karpenter makes no node for a label that a daemon writes only once the node is there.
        "gpu-product-that-only-feature-discovery-writes",
        "dev",
        replace(SERVICE, _COUNT, _COUNT + "\n    nvidia.com/gpu.product: NVIDIA-A10G"),
        at("scheduling/selector-matches-nothing", SERVICE, "gpu.product: NVIDIA-A10G"),
    ),
    fault(
        "member-of-a-pipeline-selects-two-gpus-in-a-family-without",
        "staging",
        replace(PIPELINE, 'gpu-count: "4"', 'gpu-count: "2"'),
        at("scheduling/selector-matches-nothing", PIPELINE, 'gpu-count: "2"'),
    ),
    fault(
        "arch-of-the-selector-is-not-that-of-the-pool",
        "dev",
        replace(SERVICE, _COUNT, _COUNT + "\n    kubernetes.io/arch: arm64"),
        at("scheduling/selector-matches-nothing", SERVICE, "kubernetes.io/arch: arm64"),
    ),
    fault(
        "selects-spot-of-a-pool-that-is-on-demand",
        "dev",
        replace(SERVICE, _COUNT, _COUNT + "\n    karpenter.sh/capacity-type: spot"),
        at("scheduling/selector-matches-nothing", SERVICE, "karpenter.sh/capacity-type: spot"),
    ),
    fault(
        "zone-letter-of-the-pod-that-the-pool-does-not-have",
        "dev",
        replace(SERVICE, _COUNT, _COUNT + "\n    topology.kubernetes.io/zone: us-west-2c"),
        at("scheduling/zone-conflict", SERVICE, "zone: us-west-2c"),
    ),
    # Taints
    fault(
        "service-that-only-an-admission-plugin-would-let-run",
        "dev",
        drop(SERVICE, _TOLERATION),
        at("scheduling/toleration-by-admission", SERVICE, "  nodeSelector:"),
    ),
    fault(
        "cache-that-tolerates-nothing",
        "dev",
        drop(CACHE, _TOLERATION),
        at("scheduling/taint-not-tolerated", CACHE, "  nodeSelector:"),
    ),
    fault(
        "toleration-with-a-typo-in-its-key",
        "dev",
        replace(CACHE, "key: nvidia.com/gpu", "key: nvidia.com/gpus"),
        at("scheduling/taint-not-tolerated", CACHE, "  tolerations:"),
    ),
    fault(
        "toleration-of-another-effect",
        "dev",
        replace(CACHE, "effect: NoSchedule", "effect: NoExecute"),
        at("scheduling/taint-not-tolerated", CACHE, "  tolerations:"),
    ),
    fault(
        "toleration-of-another-value",
        "dev",
        replace(CACHE, "operator: Exists", "operator: Equal\n      value: present"),
        at("scheduling/taint-not-tolerated", CACHE, "  tolerations:"),
    ),
    fault(
        "second-taint-that-the-cache-does-not-tolerate",
        "dev",
        replace(
            POOL,
            "effect: NoSchedule\n",
            "effect: NoSchedule\n        - key: team\n          value: chat\n          effect: NoSchedule\n",
        ),
        replace(SERVICE, _TOLERATION, _TOLERATION + "\n    - key: team\n      operator: Exists"),
        replace(
            PLUGIN,
            "    tolerations:\n      - key: nvidia.com/gpu\n        operator: Exists",
            "    tolerations:\n      - key: team\n        operator: Exists\n      - key: nvidia.com/gpu\n        operator: Exists",
        ),
        replace(
            PLUGIN,
            "        tolerations:\n",
            "        tolerations:\n          - key: team\n            operator: Exists\n",
        ),
        at("scheduling/taint-not-tolerated", CACHE, "  tolerations:"),
    ),
    fault(
        "second-taint-that-the-device-plugin-does-not-tolerate",
        "dev",
        replace(
            POOL,
            "effect: NoSchedule\n",
            "effect: NoSchedule\n        - key: team\n          value: chat\n          effect: NoSchedule\n",
        ),
        replace(SERVICE, _TOLERATION, _TOLERATION + "\n    - key: team\n      operator: Exists"),
        replace(CACHE, _TOLERATION, _TOLERATION + "\n    - key: team\n      operator: Exists"),
        replace(
            PLUGIN,
            "        tolerations:\n",
            "        tolerations:\n          - key: team\n            operator: Exists\n",
        ),
        at("scheduling/device-plugin-elsewhere", PLUGIN, "    gfd:\n      enabled: true\n    tolerations:"),
    ),
    fault(
        "startup-taint-that-nobody-removes",
        "dev",
        replace(
            POOL,
            "      taints:\n",
            "      startupTaints:\n        - key: example.com/warm-up\n          effect: NoSchedule\n      taints:\n",
        ),
        at("scheduling/startup-taint", POOL, "key: example.com/warm-up"),
    ),
    # Sizes
    fault(
        "eight-gpus-asked-of-nodes-with-four",
        "staging",
        everywhere(PIPELINE, 'nvidia.com/gpu: "4"', 'nvidia.com/gpu: "8"'),
        replace("models/rag/nimcache-llm.yaml", 'tensorParallelism: "4"', 'tensorParallelism: "8"'),
        at("scheduling/pod-too-large", PIPELINE, 'gpu-count: "4"'),
    ),
    fault(
        "memory-that-karpenter-keeps-for-the-system",
        "dev",
        everywhere(SERVICE, "memory: 36Gi", "memory: 180Gi"),
        at("scheduling/pod-too-large", SERVICE, '    requests:\n      cpu: "3"\n      memory: 180Gi'),
    ),
    fault(
        "every-cpu-of-the-machine",
        "dev",
        replace(SERVICE, 'cpu: "3"', 'cpu: "48"'),
        at("scheduling/pod-too-large", SERVICE, 'cpu: "48"'),
    ),
    fault(
        "more-cpus-than-any-machine-with-one-gpu",
        "prod",
        replace("models/embedding/nimservice.yaml", 'cpu: "2"\n      memory: 8Gi', 'cpu: "70"\n      memory: 8Gi'),
        at("scheduling/pod-too-large", "models/embedding/nimservice.yaml", 'cpu: "70"'),
    ),
    fault(
        "cache-job-with-more-memory-than-any-node",
        "dev",
        replace(CACHE, "memory: 8Gi", "memory: 200Gi"),
        at("scheduling/pod-too-large", CACHE, "memory: 200Gi"),
    ),
    fault(
        "local-disk-beyond-the-root-volume",
        "dev",
        replace(SERVICE, 'cpu: "3"', 'cpu: "3"\n      ephemeral-storage: 250Gi'),
        at("scheduling/ephemeral-storage", SERVICE, "ephemeral-storage: 250Gi"),
    ),
    fault(
        "root-volume-that-kubelet-keeps-a-tenth-of",
        "dev",
        replace(SERVICE, 'cpu: "3"', 'cpu: "3"\n      ephemeral-storage: 190Gi'),
        at("scheduling/ephemeral-storage", SERVICE, "ephemeral-storage: 190Gi"),
    ),
    fault(
        "volume-on-a-device-that-is-not-the-root",
        "dev",
        replace(POOL, "    - deviceName: /dev/xvda\n      rootVolume: true\n", "    - deviceName: /dev/xvdb\n"),
        at("scheduling/root-volume", POOL, "  blockDeviceMappings:"),
    ),
    fault(
        "node-class-that-holds-two-pods",
        "dev",
        replace(POOL, "  role: Karp", "  kubelet:\n    maxPods: 2\n  role: Karp"),
        at("scheduling/pool-makes-no-nodes", POOL, "maxPods: 2"),
    ),
    fault(
        "gpus-of-another-maker",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml", deployment(gpus=1, pool="g5").replace('nvidia.com/gpu: "1', 'amd.com/gpu: "1')
        ),
        at("scheduling/no-accelerator", f"{_MODEL}/worker.yaml", "amd.com/gpu"),
    ),
    fault(
        "slices-of-a-gpu-that-no-pool-cuts",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml",
            deployment(gpus=1, pool="g5").replace('nvidia.com/gpu: "1', 'nvidia.com/mig-1g.10gb: "1'),
        ),
        at("scheduling/no-accelerator", f"{_MODEL}/worker.yaml", "nvidia.com/mig-1g.10gb"),
    ),
    # Pools
    fault(
        "fractional-gpus-that-kubernetes-does-not-see",
        "dev",
        replace(POOL, _TYPE, _family("g6f")),
        drop(SERVICE, _COUNT),
        drop(CACHE, _COUNT),
        at("scheduling/no-accelerator", SERVICE, '      cpu: "3"\n      memory: 36Gi\n      nvidia.com/gpu: "2"'),
    ),
    fault(
        "arch-and-family-that-do-not-meet",
        "dev",
        replace(POOL, "- amd64", "- arm64"),
        at("scheduling/pool-makes-no-nodes", POOL, "- key: kubernetes.io/arch"),
    ),
    fault(
        "family-and-gpu-that-do-not-meet",
        "staging",
        replace(
            "configs/nodepool-g6.yaml",
            _family("g6"),
            _family("g6")
            + "\n        - key: karpenter.k8s.aws/instance-gpu-name\n          operator: In\n          values:\n            - a10g",
        ),
        # Where the smallest fix is: without this requirement there are nodes.
        at("scheduling/pool-makes-no-nodes", "configs/nodepool-g6.yaml", "- key: karpenter.k8s.aws/instance-gpu-name"),
    ),
    fault(
        "three-requirements-that-only-together-allow-nothing",
        "staging",
        # g6 has one, four and eight GPUs; with four or eight it has 48 CPUs and more; 32 CPUs exist with one GPU.
        replace(
            "configs/nodepool-g6.yaml",
            _family("g6"),
            _family("g6")
            + '\n        - key: karpenter.k8s.aws/instance-gpu-count\n          operator: Gt\n          values:\n            - "1"'
            + '\n        - key: karpenter.k8s.aws/instance-cpu\n          operator: Lt\n          values:\n            - "48"',
        ),
        at("scheduling/pool-makes-no-nodes", "configs/nodepool-g6.yaml", "- key: karpenter.k8s.aws/instance-cpu"),
    ),
    fault(
        "gpu-memory-above-that-of-the-family",
        "staging",
        replace(
            "configs/nodepool-g6.yaml",
            _family("g6"),
            _family("g6")
            + '\n        - key: karpenter.k8s.aws/instance-gpu-memory\n          operator: Gt\n          values:\n            - "24000"',
        ),
        at("scheduling/pool-makes-no-nodes", "configs/nodepool-g6.yaml", "- key: karpenter.k8s.aws/instance-family"),
    ),
    fault(
        "more-kinds-of-nodes-than-the-family-has",
        "staging",
        replace(
            "configs/nodepool-g6.yaml",
            _family("g6"),
            _family("g6")
            + "\n        - key: node.kubernetes.io/instance-type\n          operator: Exists\n          minValues: 12",
        ),
        at("scheduling/pool-makes-no-nodes", "configs/nodepool-g6.yaml", "minValues: 12"),
    ),
    fault(
        "more-kinds-of-nodes-than-hold-the-pod",
        "staging",
        # g6 has eight types, but only three of them have four GPUs or more, and two exactly four.
        replace(
            "configs/nodepool-g6.yaml",
            _family("g6"),
            _family("g6")
            + "\n        - key: node.kubernetes.io/instance-type\n          operator: Exists\n          minValues: 5",
        ),
        # One number keeps both the cache and the model away: told once, where it stands.
        at("scheduling/selector-matches-nothing", "configs/nodepool-g6.yaml", "minValues: 5"),
    ),
    fault(
        "zones-of-another-region",
        "dev",
        replace(
            POOL,
            "            - us-west-2a\n            - us-west-2b",
            "            - us-east-1a\n            - us-east-1b",
        ),
        at("scheduling/pool-makes-no-nodes", POOL, "- key: topology.kubernetes.io/zone"),
    ),
    fault(
        "pool-of-windows",
        "dev",
        replace(POOL, "- linux", "- windows"),
        at("scheduling/pool-makes-no-nodes", POOL, "- key: kubernetes.io/os"),
    ),
    fault(
        "only-reserved-capacity-without-a-reservation",
        "dev",
        replace(POOL, "- on-demand", "- reserved"),
        at("scheduling/pool-makes-no-nodes", POOL, "- key: karpenter.sh/capacity-type"),
    ),
    fault(
        "pool-that-no-pod-wants",
        "dev",
        append(POOL, node_pool("spare", "g5", "g6")),
        at(
            "scheduling/pool-unused",
            POOL,
            'effect: NoSchedule\n  limits:\n    nvidia.com/gpu: "8"\n  disruption:\n    consolidationPolicy: WhenEmpty\n    consolidateAfter: 10m\n    budgets:\n      - nodes: "1"\n---\napiVersion: karpenter.sh/v1',
        ),
    ),
    # Limits
    fault(
        "limit-one-gpu-short-of-the-most-that-autoscaling-asks-for",
        "prod",
        replace("configs/nodepool-g6e.yaml", 'nvidia.com/gpu: "9"', 'nvidia.com/gpu: "7"'),
        at("scheduling/limit-below-maximum", "configs/nodepool-g6e.yaml", 'nvidia.com/gpu: "7"'),
    ),
    fault(
        "limit-below-the-replicas-that-are-always-there",
        "prod",
        replace("configs/nodepool-g6.yaml", 'nvidia.com/gpu: "5"', 'nvidia.com/gpu: "3"'),
        at("scheduling/limit-below-replicas", "configs/nodepool-g6.yaml", 'nvidia.com/gpu: "3"'),
    ),
    fault(
        "limit-that-no-single-node-keeps",
        "prod",
        replace("configs/nodepool-p5.yaml", 'nvidia.com/gpu: "16"', 'nvidia.com/gpu: "4"'),
        at("scheduling/pod-above-limit", "configs/nodepool-p5.yaml", 'nvidia.com/gpu: "4"'),
    ),
    fault(
        "limit-that-fits-the-pods-but-not-their-nodes",
        "dev",
        # Three replicas want six GPUs, and a second node of four would make eight.
        replace(SERVICE, "replicas: 1", "replicas: 3"),
        replace(POOL, 'nvidia.com/gpu: "8"', 'nvidia.com/gpu: "6"'),
        at("scheduling/limit-below-replicas", POOL, 'nvidia.com/gpu: "6"'),
        # dev has no budget for disruptions of its own; three replicas want one
        at("policy/pod-disruption-budget", SERVICE, "replicas: 3"),
    ),
    fault(
        "limit-on-cpu-that-one-node-breaks",
        "dev",
        replace(POOL, '  limits:\n    nvidia.com/gpu: "8"', '  limits:\n    cpu: "40"\n    nvidia.com/gpu: "8"'),
        at("scheduling/pod-above-limit", POOL, 'cpu: "40"'),
    ),
    fault(
        "autoscaling-beyond-the-pool",
        "prod",
        replace(f"{_MODEL}/nimservice.yaml", "maxReplicas: 6", "maxReplicas: 60"),
        at("scheduling/limit-below-maximum", "configs/nodepool-g6e.yaml", 'nvidia.com/gpu: "9"'),
    ),
    # GPUs and models
    fault(
        "more-gpus-limited-than-requested",
        "dev",
        replace(SERVICE, '      nvidia.com/gpu: "2"\n    limits:', '      nvidia.com/gpu: "1"\n    limits:'),
        at("scheduling/gpu-amounts", SERVICE, 'nvidia.com/gpu: "1"'),
    ),
    fault(
        "gpus-requested-but-not-limited",
        "dev",
        replace(
            SERVICE, '    limits:\n      memory: 36Gi\n      nvidia.com/gpu: "2"', "    limits:\n      memory: 36Gi"
        ),
        at("scheduling/gpu-amounts", SERVICE, 'nvidia.com/gpu: "2"'),
    ),
    fault(
        "engine-for-four-gpus-and-a-service-with-two",
        "dev",
        replace(CACHE, 'tensorParallelism: "2"', 'tensorParallelism: "4"'),
        at("scheduling/tensor-parallelism", SERVICE, '    limits:\n      memory: 36Gi\n      nvidia.com/gpu: "2"'),
    ),
    fault(
        "cache-without-tensor-parallelism",
        "dev",
        drop(CACHE, '        tensorParallelism: "2"'),
        at("scheduling/tensor-parallelism-unpinned", CACHE, "      model:"),
    ),
    fault(
        "gpus-that-no-engine-uses",
        "dev",
        everywhere(SERVICE, 'nvidia.com/gpu: "2"', 'nvidia.com/gpu: "4"'),
        at("scheduling/idle-gpus", SERVICE, '    limits:\n      memory: 36Gi\n      nvidia.com/gpu: "4"'),
    ),
    fault(
        "engine-for-a10g-on-nodes-with-l4",
        "dev",
        replace(POOL, "- g5.12xlarge", "- g6.12xlarge"),
        at("scheduling/cached-for-other-gpu", CACHE, "        gpus:"),
    ),
    fault(
        "bfloat16-on-t4",
        "prod",
        replace("configs/nodepool-g6e.yaml", _family("g6e"), _family("g4dn")),
        at("scheduling/gpu-unsupported", f"{_MODEL}/nimservice.yaml", "  nodeSelector:"),
        at("scheduling/gpu-unsupported", "models/content-safety/nimservice.yaml", "  nodeSelector:"),
    ),
    fault(
        "a100-of-40gb-for-a-model-that-needs-80",
        "prod",
        replace("configs/nodepool-p5.yaml", _family("p5"), _family("p4d")),
        replace(
            f"{LARGE}/nimcache.yaml",
            'precision: fp8\n        tensorParallelism: "4"',
            'precision: bf16\n        tensorParallelism: "2"',
        ),
        replace(f"{LARGE}/nimcache.yaml", "size: 120Gi", "size: 250Gi"),
        everywhere(f"{LARGE}/nimservice.yaml", 'nvidia.com/gpu: "4"', 'nvidia.com/gpu: "2"'),
        everywhere(f"{LARGE}/nimservice.yaml", "memory: 80Gi", "memory: 160Gi"),
        at(
            "scheduling/gpu-too-small",
            f"{LARGE}/nimservice.yaml",
            'limits:\n      memory: 160Gi\n      nvidia.com/gpu: "2"',
        ),
    ),
    fault(
        "weights-that-leave-no-room-for-a-conversation",
        "prod",
        # 70B in BF16 over four GPUs of 40 GB: 35 GB of weights on each.
        replace("configs/nodepool-p5.yaml", _family("p5"), _family("p4d")),
        replace(f"{LARGE}/nimcache.yaml", "precision: fp8", "precision: bf16"),
        replace(f"{LARGE}/nimcache.yaml", "size: 120Gi", "size: 250Gi"),
        everywhere(f"{LARGE}/nimservice.yaml", "memory: 80Gi", "memory: 160Gi"),
        at(
            "scheduling/kv-cache", f"{LARGE}/nimservice.yaml", 'limits:\n      memory: 160Gi\n      nvidia.com/gpu: "4"'
        ),
    ),
    fault(
        "pool-whose-cheapest-nodes-do-not-run-the-model",
        "prod",
        replace("configs/nodepool-g6e.yaml", _family("g6e"), _family("g6e", "g4dn")),
        at("scheduling/gpu-unsupported", f"{_MODEL}/nimservice.yaml", "  nodeSelector:"),
        at("scheduling/gpu-unsupported", "models/content-safety/nimservice.yaml", "  nodeSelector:"),
    ),
    fault(
        "pool-whose-dearer-nodes-do-not-compute-the-precision",
        "prod",
        replace(
            "configs/nodepool-g6e.yaml",
            _family("g6e"),
            "        - key: node.kubernetes.io/instance-type\n          operator: In\n          values:\n            - g6e.xlarge\n            - g4dn.16xlarge",
        ),
        at("scheduling/gpu-left-to-price", f"{_MODEL}/nimservice.yaml", "  nodeSelector:"),
        at("scheduling/gpu-left-to-price", "models/content-safety/nimservice.yaml", "  nodeSelector:"),
    ),
    fault(
        "pool-whose-dearer-nodes-do-not-run-the-engine",
        "prod",
        replace("configs/nodepool-g6.yaml", _family("g6"), _family("g6", "g5")),
        at("scheduling/gpu-left-to-price", "models/embedding/nimservice.yaml", "  nodeSelector:"),
        at("scheduling/gpu-left-to-price", "models/reranking/nimservice.yaml", "  nodeSelector:"),
    ),
    # Device plugin
    fault(
        "pool-without-the-label-that-the-device-plugin-selects",
        "dev",
        drop(POOL, '    metadata:\n      labels:\n        nvidia.com/gpu.present: "true"'),
        drop(PLUGIN, "    gfd:\n      enabled: true"),
        at("scheduling/device-plugin-elsewhere", POOL, "  template:"),
    ),
    fault(
        "label-for-the-device-plugin-with-another-value",
        "dev",
        replace(POOL, 'gpu.present: "true"', 'gpu.present: "yes"'),
        drop(PLUGIN, "    gfd:\n      enabled: true"),
        at("scheduling/device-plugin-elsewhere", POOL, "      labels:"),
    ),
    fault(
        "no-device-plugin",
        "dev",
        delete(PLUGIN),
        at("scheduling/device-plugin-missing", POOL, "apiVersion: karpenter.sh/v1"),
    ),
    fault(
        "device-plugin-that-tolerates-only-another-taint",
        "dev",
        replace(
            PLUGIN, "    tolerations:\n      - key: nvidia.com/gpu", "    tolerations:\n      - key: nvidia.com/gpus"
        ),
        at("scheduling/device-plugin-elsewhere", PLUGIN, "    gfd:\n      enabled: true\n    tolerations:"),
    ),
    fault(
        "device-plugin-kept-to-nodes-of-another-pool",
        "dev",
        replace(PLUGIN, "    gfd:\n", "    nodeSelector:\n      karpenter.sh/nodepool: g6\n    gfd:\n"),
        at("scheduling/device-plugin-elsewhere", PLUGIN, "    nodeSelector:"),
    ),
    # Spot, spread
    fault(
        "only-replica-on-spot",
        "dev",
        replace(POOL, "- on-demand", "- spot"),
        at("scheduling/spot-single-replica", SERVICE, "replicas: 1"),
    ),
    fault(
        "replicas-raised-beyond-the-pool",
        "prod",
        replace("models/reranking/nimservice.yaml", "  replicas: 2", "  replicas: 4"),
        at("scheduling/limit-below-replicas", "configs/nodepool-g6.yaml", 'nvidia.com/gpu: "5"'),
    ),
    fault(
        "deployment-spread-over-more-zones-than-the-pool-has",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml", deployment(gpus=1, pool="g5", replicas=3, spread="topology.kubernetes.io/zone")
        ),
        at("scheduling/spread-impossible", f"{_MODEL}/worker.yaml", "- labelSelector:"),
    ),
    fault(
        "gpu-deployment-that-chooses-no-nodes",
        "dev",
        resource(f"{_MODEL}/worker.yaml", deployment(gpus=1)),
        at("scheduling/gpu-pod-unplaced", f"{_MODEL}/worker.yaml", "          resources:"),
    ),
    fault(
        "affinity-to-a-gpu-that-the-pool-does-not-have",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml",
            deployment(gpus=1, pool="g5", affinity=_affinity("karpenter.k8s.aws/instance-gpu-name", "In", "l4")),
        ),
        at(
            "scheduling/selector-matches-nothing", f"{_MODEL}/worker.yaml", "- key: karpenter.k8s.aws/instance-gpu-name"
        ),
    ),
    fault(
        "affinity-to-more-memory-than-the-gpus-have",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml",
            deployment(gpus=1, pool="g5", affinity=_affinity("karpenter.k8s.aws/instance-gpu-memory", "Gt", "30000")),
        ),
        at(
            "scheduling/selector-matches-nothing",
            f"{_MODEL}/worker.yaml",
            "- key: karpenter.k8s.aws/instance-gpu-memory",
        ),
    ),
    fault(
        "affinity-away-from-the-only-family",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml",
            deployment(gpus=1, pool="g5", affinity=_affinity("karpenter.k8s.aws/instance-family", "NotIn", "g5")),
        ),
        at("scheduling/selector-matches-nothing", f"{_MODEL}/worker.yaml", "- key: karpenter.k8s.aws/instance-family"),
    ),
    fault(
        "affinity-to-nodes-without-the-label-that-all-have",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml",
            deployment(gpus=1, pool="g5", affinity=_affinity("nvidia.com/gpu.present", "DoesNotExist")),
        ),
        at("scheduling/selector-matches-nothing", f"{_MODEL}/worker.yaml", "- key: nvidia.com/gpu.present"),
    ),
    fault(
        "spread-over-three-zones-that-two-cannot-give",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml",
            deployment(
                gpus=1,
                pool="g5",
                replicas=3,
                extra="\n      topologySpreadConstraints:\n        - maxSkew: 1\n          minDomains: 3\n          topologyKey: topology.kubernetes.io/zone\n          whenUnsatisfiable: DoNotSchedule\n          labelSelector:\n            matchLabels:\n              app: worker",
            ),
        ),
        at("scheduling/spread-impossible", f"{_MODEL}/worker.yaml", "        - maxSkew: 1"),
    ),
    fault(
        "job-on-gpus-that-tolerates-nothing",
        "dev",
        resource(f"{_MODEL}/job.yaml", _JOB),
        at("scheduling/toleration-by-admission", f"{_MODEL}/job.yaml", "      nodeSelector:"),
    ),
    fault(
        "root-volume-of-bottlerocket-that-is-not-its-data",
        "dev",
        replace(POOL, "alias: al2023@v20260903", "alias: bottlerocket@v1.50.0"),
        at("scheduling/root-volume", POOL, "  blockDeviceMappings:"),
    ),
    fault(
        "root-volume-as-karpenter-makes-it",
        "dev",
        replace(
            POOL,
            "  blockDeviceMappings:\n    - deviceName: /dev/xvda\n      rootVolume: true\n      ebs:\n        volumeSize: 200Gi\n        volumeType: gp3\n        iops: 4000\n        throughput: 500\n        encrypted: true\n        deleteOnTermination: true\n",
            "",
        ),
        at("scheduling/root-volume", POOL, "kind: EC2NodeClass\nmetadata:\n  name: g5\nspec:"),
    ),
    fault(
        "gpus-of-arm-for-an-image-of-amd64",
        "dev",
        replace(POOL, "- amd64", "- arm64"),
        replace(POOL, "- g5.12xlarge", "- g5g.16xlarge"),
        replace(SERVICE, 'gpu-count: "4"', 'gpu-count: "2"'),
        replace(CACHE, 'gpu-count: "4"', 'gpu-count: "2"'),
        at("scheduling/gpu-unsupported", SERVICE, "  nodeSelector:"),
        at("scheduling/cached-for-other-gpu", CACHE, "        gpus:"),
    ),
    fault(
        "two-models-that-share-what-one-needs",
        "dev",
        # One node of four GPUs holds the model (2) and one worker with two more; a second worker needs a third node.
        resource(f"{_MODEL}/worker.yaml", deployment(gpus=4, pool="g5", replicas=2)),
        at("scheduling/limit-below-replicas", POOL, 'nvidia.com/gpu: "8"'),
        at("policy/zone-spread", f"{_MODEL}/worker.yaml", "        app: worker\n    spec:"),
    ),
)

NEAR_MISSES = (
    fault(
        "selector-by-gpu-name-that-the-pool-has",
        "dev",
        replace(SERVICE, _COUNT, _COUNT + "\n    karpenter.k8s.aws/instance-gpu-name: a10g"),
    ),
    fault(
        "selector-by-gpu-memory",
        "dev",
        replace(SERVICE, _COUNT, _COUNT + '\n    karpenter.k8s.aws/instance-gpu-memory: "22888"'),
    ),
    fault(
        "selector-for-a-zone-of-the-pool",
        "dev",
        replace(SERVICE, _COUNT, _COUNT + "\n    topology.kubernetes.io/zone: us-west-2b"),
    ),
    fault("selector-by-the-label-of-the-pool", "dev", replace(SERVICE, _COUNT, '    nvidia.com/gpu.present: "true"')),
    fault(
        "label-for-the-device-plugin-left-to-feature-discovery",
        "dev",
        drop(POOL, '    metadata:\n      labels:\n        nvidia.com/gpu.present: "true"'),
    ),
    fault("toleration-of-everything", "dev", replace(SERVICE, _TOLERATION, "  tolerations:\n    - operator: Exists")),
    fault(
        "toleration-of-the-very-value",
        "dev",
        replace(CACHE, "operator: Exists", 'operator: Equal\n      value: "true"'),
    ),
    fault("toleration-without-effect", "dev", drop(CACHE, "      effect: NoSchedule")),
    fault("memory-just-below-what-the-node-has-left", "dev", everywhere(SERVICE, "memory: 36Gi", "memory: 160Gi")),
    fault(
        "local-disk-within-the-root-volume",
        "dev",
        replace(SERVICE, 'cpu: "3"', 'cpu: "3"\n      ephemeral-storage: 150Gi'),
    ),
    fault(
        "pool-of-two-gpus-that-the-cache-knows",
        "dev",
        replace(POOL, "- g5.12xlarge", "- g5.12xlarge\n            - g5.24xlarge"),
    ),
    fault(
        "family-given-by-what-it-is-not",
        "staging",
        replace(
            "configs/nodepool-g6.yaml",
            _family("g6"),
            "        - key: karpenter.k8s.aws/instance-family\n          operator: NotIn\n          values:\n            - g5\n            - g6e\n            - g6f\n            - gr6\n            - gr6f\n            - g7\n            - g7e\n            - p4d\n            - p4de\n            - p5\n            - g4dn\n            - g5g\n        - key: karpenter.k8s.aws/instance-gpu-name\n          operator: In\n          values:\n            - l4",
        ),
    ),
    fault(
        "as-many-kinds-of-nodes-as-there-are",
        "staging",
        replace(
            "configs/nodepool-g6.yaml",
            _family("g6"),
            _family("g6")
            + "\n        - key: node.kubernetes.io/instance-type\n          operator: Exists\n          minValues: 2",
        ),
    ),
    fault(
        "limit-of-exactly-the-maximum",
        "prod",
        replace("configs/nodepool-g6e.yaml", 'nvidia.com/gpu: "9"', 'nvidia.com/gpu: "8"'),
    ),
    fault(
        "limit-of-exactly-one-large-node",
        "prod",
        replace("configs/nodepool-p5.yaml", 'nvidia.com/gpu: "16"', 'nvidia.com/gpu: "8"'),
    ),
    fault("two-replicas-on-spot", "prod", replace("configs/nodepool-g6.yaml", "- on-demand", "- spot")),
    fault(
        "spot-and-on-demand-for-two-replicas",
        "prod",
        replace("configs/nodepool-g6e.yaml", "- on-demand", "- on-demand\n            - spot"),
    ),
    fault(
        "cpu-of-a-larger-machine-of-the-family",
        "prod",
        replace("models/embedding/nimservice.yaml", 'cpu: "2"', 'cpu: "24"'),
    ),
    fault("pool-with-a-weight", "dev", replace(POOL, "  limits:\n", "  weight: 10\n  limits:\n")),
    fault(
        "startup-taint-of-cilium",
        "dev",
        replace(
            POOL,
            "      taints:\n",
            '      startupTaints:\n        - key: node.cilium.io/agent-not-ready\n          value: "true"\n          effect: NoExecute\n      taints:\n',
        ),
    ),
    fault(
        "nodes-that-are-not-karpenters-but-declared",
        "dev",
        resource(f"{_MODEL}/worker.yaml", deployment(extra="\n      nodeSelector:\n        role: system")),
        add(
            "/nimfleet.toml",
            '[[nodeGroup]]\nname = "system"\ninstanceTypes = ["m6i.xlarge"]\nlabels = {role = "system"}\nmaxNodes = 3\n',
        ),
    ),
    fault(
        "affinity-that-only-prefers",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml",
            deployment(
                gpus=1,
                pool="g5",
                affinity="\n        nodeAffinity:\n          preferredDuringSchedulingIgnoredDuringExecution:\n            - weight: 1\n              preference:\n                matchExpressions:\n                  - key: karpenter.k8s.aws/instance-gpu-name\n                    operator: In\n                    values:\n                      - l4",
            ),
        ),
    ),
    fault(
        "affinity-to-the-gpu-of-the-pool",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml",
            deployment(gpus=1, pool="g5", affinity=_affinity("karpenter.k8s.aws/instance-gpu-name", "In", "a10g")),
        ),
    ),
    fault(
        "local-disks-instead-of-a-root-volume",
        "dev",
        replace(
            POOL,
            "  blockDeviceMappings:\n    - deviceName: /dev/xvda\n      rootVolume: true\n      ebs:\n        volumeSize: 200Gi\n        volumeType: gp3\n        iops: 4000\n        throughput: 500\n        encrypted: true\n        deleteOnTermination: true\n",
            "  instanceStorePolicy: RAID0\n",
        ),
    ),
    fault(
        "spread-over-zones-if-possible",
        "dev",
        resource(
            f"{_MODEL}/worker.yaml",
            deployment(
                gpus=1,
                pool="g5",
                replicas=3,
                extra="\n      topologySpreadConstraints:\n        - maxSkew: 1\n          topologyKey: topology.kubernetes.io/zone\n          whenUnsatisfiable: ScheduleAnyway\n          labelSelector:\n            matchLabels:\n              app: worker",
            ),
        ),
    ),
)
