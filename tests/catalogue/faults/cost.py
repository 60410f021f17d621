"""Nodes that cost more than somebody decided, or that may grow without end."""

from __future__ import annotations

from injection import at, drop, fault, rendered, replace

INTENT = "environment.yaml"
_SMALL = "models/llama-3-1-8b-instruct/nimservice.yaml"

FAULTS = (
    fault(
        "budget-below-what-always-runs",
        "staging",
        replace(INTENT, "steadyUsdPerHour: 8", "steadyUsdPerHour: 6"),
        at("cost/budget-exceeded", INTENT, "steadyUsdPerHour: 6"),
        drift=True,
    ),
    fault(
        "budget-exceeded-only-at-the-most-that-autoscaling-asks-for",
        "prod",
        replace(
            INTENT,
            "steadyUsdPerHour: 75\n    ceilingUsdPerHour: 150",
            "steadyUsdPerHour: 70\n    ceilingUsdPerHour: 73",
        ),
        at("cost/budget-exceeded", INTENT, "ceilingUsdPerHour: 73"),
        drift=True,
    ),
    fault(
        "budget-a-cent-below-the-steady-cost",
        "prod",
        replace(INTENT, "steadyUsdPerHour: 75", "steadyUsdPerHour: 65.69"),
        at("cost/budget-exceeded", INTENT, "steadyUsdPerHour: 65.69"),
        drift=True,
    ),
    fault(
        "more-replicas-at-least-than-the-budget-pays",
        "prod",
        replace(INTENT, "minReplicas: 2\n      maxReplicas: 6", "minReplicas: 8\n      maxReplicas: 8"),
        rendered,
        at("cost/budget-exceeded", INTENT, "steadyUsdPerHour: 75"),
        drift=True,
    ),
    fault(
        "more-replicas-at-most-than-the-budget-pays",
        "prod",
        replace(INTENT, "maxReplicas: 6", "maxReplicas: 60"),
        rendered,
        at("cost/budget-exceeded", INTENT, "ceilingUsdPerHour: 150"),
        drift=True,
    ),
    fault(
        "larger-nodes-than-the-budget-pays",
        "prod",
        replace(INTENT, "  g6: {}", "  g6:\n    instanceTypes: [g6.16xlarge]"),
        rendered,
        at("cost/budget-exceeded", INTENT, "steadyUsdPerHour: 75"),
        drift=True,
    ),
    fault(
        "one-more-model-of-seventy-billion-parameters",
        "prod",
        replace(INTENT, "    tensorParallelism: 4\n    replicas: 2", "    tensorParallelism: 8\n    replicas: 3"),
        rendered,
        at("cost/budget-exceeded", INTENT, "steadyUsdPerHour: 75"),
        at("cost/budget-exceeded", INTENT, "ceilingUsdPerHour: 150"),
        drift=True,
    ),
    fault(
        "nodes-without-a-price-under-a-budget",
        "prod",
        replace(
            "configs/nodepool-p5.yaml",
            "        - key: karpenter.k8s.aws/instance-family\n          operator: In\n          values:\n            - p5\n",
            "        - key: karpenter.k8s.aws/instance-family\n          operator: In\n          values:\n            - p5e\n",
        ),
        at("cost/price-unknown", INTENT, "  budget:"),
    ),
    fault(
        "pool-that-may-grow-without-end",
        "dev",
        drop("configs/nodepool-g5.yaml", '  limits:\n    nvidia.com/gpu: "8"'),
        at("cost/pool-without-limit", "configs/nodepool-g5.yaml", "kind: NodePool\nmetadata:\n  name: g5\nspec:"),
    ),
    fault(
        "limit-on-a-resource-that-no-node-has",
        "dev",
        replace("configs/nodepool-g5.yaml", '    nvidia.com/gpu: "8"', '    nvidia.com/gpus: "8"'),
        at("admission/nodepool-limit", "configs/nodepool-g5.yaml", 'nvidia.com/gpus: "8"'),
    ),
    fault(
        "replicas-raised-by-hand-past-the-budget",
        "prod",
        replace("models/content-safety/nimservice.yaml", "  replicas: 2", "  replicas: 8"),
        replace("configs/nodepool-g6e.yaml", 'nvidia.com/gpu: "9"', 'nvidia.com/gpu: "20"'),
        at("cost/budget-exceeded", INTENT, "steadyUsdPerHour: 75"),
    ),
)

NEAR_MISSES = (
    fault(
        "budget-just-above-the-steady-cost",
        "staging",
        replace(INTENT, "steadyUsdPerHour: 8", "steadyUsdPerHour: 6.22"),
        drift=True,
    ),
    fault(
        "budget-just-above-the-ceiling",
        "prod",
        replace(
            INTENT,
            "steadyUsdPerHour: 75\n    ceilingUsdPerHour: 150",
            "steadyUsdPerHour: 70\n    ceilingUsdPerHour: 73.16",
        ),
        drift=True,
    ),
    fault("limit-by-cpu", "dev", replace("configs/nodepool-g5.yaml", '    nvidia.com/gpu: "8"', '    cpu: "96"')),
    fault(
        "no-budget",
        "prod",
        replace(INTENT, "  budget:\n    steadyUsdPerHour: 75\n    ceilingUsdPerHour: 150\n", ""),
        drift=True,
    ),
    fault("larger-limit", "prod", replace("configs/nodepool-g6e.yaml", 'nvidia.com/gpu: "9"', 'nvidia.com/gpu: "16"')),
    fault("another-small-model-within-the-budget", "prod", replace(_SMALL, "minReplicas: 2", "minReplicas: 3")),
)
