# ruff: noqa: E501 - what is replaced in a file is one text
"""Environments that somebody may well describe: what nimfleet renders of them has no fault; and some that have one."""

from __future__ import annotations

from injection import Edit, at, fault, rendered, replace

INTENT = "environment.yaml"
_G5 = "  g5:\n    preset: g5\n    instanceTypes: [g5.12xlarge]"
_EFS = "storage:\n  efs:\n    fileSystemId: fs-0123456789abcdef0"
_MODEL = """    model: meta/llama-3.1-8b-instruct
    pool: g5
    tag: 1.3.3
    engine: tensorrt_llm
    precision: fp16
    tensorParallelism: 2
    cache:
      size: 50Gi
      storage: efs"""


def _dev(*pairs: tuple[str, str]) -> tuple[Edit, ...]:
    return (*(replace(INTENT, old, new) for old, new in pairs), rendered)


FAULTS = (
    fault(
        "intent-that-asks-for-more-gpus-than-its-limit",
        "dev",
        replace(INTENT, _G5, _G5 + "\n    limits:\n      gpus: 4"),
        replace(INTENT, "tensorParallelism: 2\n", "tensorParallelism: 2\n    replicas: 3\n"),
        at("intent/invalid", INTENT, "      gpus: 4"),
        drift=True,
    ),
    fault(
        "intent-that-gives-a-model-too-little-time",
        "dev",
        *_dev(("    tensorParallelism: 2\n", "    tensorParallelism: 2\n    startupMinutes: 2\n")),
        at("storage/startup-probe", "models/llama-3-1-8b-instruct/nimservice.yaml", "failureThreshold: 9"),
        drift=True,
    ),
    fault(
        "intent-with-a-root-volume-that-holds-no-image",
        "dev",
        *_dev((_G5, _G5 + "\n    rootVolume: 20Gi")),
        at("scheduling/root-volume", "configs/nodepool-g5.yaml", "volumeSize: 20Gi"),
        drift=True,
    ),
    fault(
        "intent-with-more-memory-than-its-nodes",
        "dev",
        replace(
            INTENT, "    tensorParallelism: 2\n", "    tensorParallelism: 2\n    resources:\n      memory: 172Gi\n"
        ),
        at("intent/invalid", INTENT, "    resources:"),
        drift=True,
    ),
)

NEAR_MISSES = (
    fault("intent-of-any-size-of-a-family", "dev", *_dev((_G5, "  g5: {}")), drift=True),
    fault(
        "intent-of-another-family",
        "dev",
        *_dev((_G5, "  g6e: {}"), (_MODEL, "    model: meta/llama-3.1-8b-instruct\n    pool: g6e")),
        drift=True,
    ),
    fault(
        "intent-of-two-replicas-on-spot",
        "dev",
        *_dev(
            (_G5, _G5 + "\n    capacityTypes: [spot]"),
            ("tensorParallelism: 2\n", "tensorParallelism: 2\n    replicas: 2\n"),
        ),
        drift=True,
    ),
    fault(
        "intent-of-a-pool-in-one-of-two-zones",
        "staging",
        replace(INTENT, "  g6: {}", "  g6:\n    zones: [us-west-2a, us-west-2b]"),
        rendered,
        drift=True,
    ),
    fault(
        "intent-of-a-file-system-of-lustre",
        "dev",
        *_dev(
            (
                _EFS,
                "storage:\n  fsx:\n    subnetId: subnet-0123456789abcdef0\n    securityGroupIds: [sg-0123456789abcdef0]",
            ),
            ("      size: 50Gi\n      storage: efs", "      storage: fsx"),
            ("zones: [us-west-2a, us-west-2b]", "zones: [us-west-2a, us-west-2b]"),
        ),
        drift=True,
    ),
    fault(
        "intent-of-secrets-from-aws",
        "dev",
        *_dev(
            ("  method: manual\n  pullSecret: ngc-secret\n  authSecret: ngc-api-secret", "  method: external-secrets")
        ),
        drift=True,
    ),
    fault(
        "intent-of-secrets-under-other-names",
        "staging",
        replace(
            INTENT,
            "  method: external-secrets\n",
            "  method: external-secrets\n  pullSecret: nvcr\n  authSecret: ngc\n",
        ),
        rendered,
        drift=True,
    ),
    fault(
        "intent-with-metrics", "dev", *_dev(("pools:\n", "observability:\n  prometheus: true\n\npools:\n")), drift=True
    ),
    fault(
        "intent-with-autoscaling",
        "dev",
        *_dev(
            ("pools:\n", "observability:\n  prometheus: true\n\npools:\n"),
            (
                "    tensorParallelism: 2\n",
                "    tensorParallelism: 2\n    autoscaling:\n      minReplicas: 2\n      maxReplicas: 4\n",
            ),
        ),
        drift=True,
    ),
    fault(
        "intent-without-the-webhook-of-the-operator",
        "dev",
        *_dev(("pools:\n", "nimOperator:\n  admissionController: false\n\npools:\n")),
        drift=True,
    ),
    fault(
        "intent-of-a-namespace-of-its-own",
        "dev",
        *_dev(("storage:\n  efs", "namespace: chat\n\nstorage:\n  efs")),
        drift=True,
    ),
    fault(
        "intent-of-an-older-kubernetes",
        "dev",
        *_dev(('kubernetesVersion: "1.34"', 'kubernetesVersion: "1.33"')),
        drift=True,
    ),
    fault(
        "intent-of-a-public-repository",
        "dev",
        *_dev(("url: ssh://git@github.com/example/nim-gitops", "url: https://github.com/example/nim-gitops")),
        drift=True,
    ),
    fault(
        "intent-of-two-models-in-one-pool",
        "dev",
        *_dev(
            (
                "      size: 50Gi\n      storage: efs",
                "      size: 50Gi\n      storage: efs\n  mistral:\n    model: mistralai/mistral-7b-instruct-v0.3\n    pool: g5",
            )
        ),
        drift=True,
    ),
    fault(
        "intent-of-embedding-on-another-pool",
        "dev",
        *_dev(
            (_G5, _G5 + "\n  g6: {}"),
            (
                "      size: 50Gi\n      storage: efs",
                "      size: 50Gi\n      storage: efs\n  embedding:\n    model: nvidia/llama-3.2-nv-embedqa-1b-v2\n    pool: g6",
            ),
        ),
        drift=True,
    ),
    fault(
        "intent-of-a-pipeline-with-addresses",
        "staging",
        replace(INTENT, "      llm: {}\n", "      llm:\n        urls:\n          EMBEDDING_URL: embedding\n"),
        rendered,
        drift=True,
    ),
    fault(
        "intent-of-a100-for-seventy-billion-parameters",
        "prod",
        replace(INTENT, "  p5: {}", "  p4de: {}"),
        replace(
            INTENT,
            "    pool: p5\n    precision: fp8\n    tensorParallelism: 4",
            "    pool: p4de\n    precision: bf16\n    tensorParallelism: 4",
        ),
        rendered,
        drift=True,
    ),
    fault(
        "intent-of-h200",
        "prod",
        replace(INTENT, "  p5: {}", "  p5en: {}"),
        replace(INTENT, "    pool: p5\n", "    pool: p5en\n"),
        replace(INTENT, "steadyUsdPerHour: 75\n", "steadyUsdPerHour: 90\n"),
        rendered,
        drift=True,
    ),
    fault(
        "intent-without-a-way-in",
        "prod",
        replace(
            INTENT,
            "exposure:\n  type: ingress\n  ingress:\n    domain: nim.example.com\n    scheme: internal\n    certificateArn: arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000\n",
            "",
        ),
        rendered,
        drift=True,
    ),
    fault(
        "intent-of-longer-start",
        "prod",
        replace(
            INTENT,
            "    replicas: 2\n  llama-3-1-8b-instruct:",
            "    replicas: 2\n    startupMinutes: 60\n  llama-3-1-8b-instruct:",
        ),
        rendered,
        drift=True,
    ),
)
