"""Metrics that models are scaled by: one name over the generations of NIM.

NIM 1.x documents the plain names (docs.nvidia.com/nim/large-language-models/latest/observability.html); 2.x serves with vLLM,
whose own names have the prefix ``vllm:`` (docs.vllm.ai, production metrics). A recording rule takes whichever a pod has.
"""

from __future__ import annotations

from nimfleet.plan.types import EnvironmentPlan
from nimfleet.render.objects import File, Object, metadata

_SERIES = {
    "gpu_cache_usage_perc": ("gpu_cache_usage_perc", "vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc"),
    "num_requests_running": ("num_requests_running", "vllm:num_requests_running"),
    "num_requests_waiting": ("num_requests_waiting", "vllm:num_requests_waiting"),
}


def recorded(metric: str) -> str:
    """Name of the series that the rule records for ``metric``."""
    return f"nim:{metric}"


def scaling_metrics(plan: EnvironmentPlan) -> tuple[str, ...]:
    """Metrics that some model of the environment is scaled by, sorted."""
    return tuple(sorted({model.scaling.metric for model in plan.models if model.scaling}))


def files(plan: EnvironmentPlan) -> list[File]:
    """``configs/metrics.yaml``: the recording rules, where a model is scaled."""
    metrics = scaling_metrics(plan)
    if not metrics:
        return []
    rules: list[Object] = [
        {"record": recorded(metric), "expr": " or ".join(f'{{__name__="{name}"}}' for name in _SERIES[metric])}
        for metric in metrics
    ]
    rule: Object = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata("nim-scaling", plan.intent.namespace),
        "spec": {"groups": [{"name": "nim-scaling", "interval": "15s", "rules": rules}]},
    }
    return [File("configs/metrics.yaml", (rule,), ("observability",))]
