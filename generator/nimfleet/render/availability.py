"""What stands around a model's pods: how many may leave at once, and who may talk to them.

The NIM operator makes neither. It labels a service's pods, and selects them, by ``app`` with the service's name
(k8s-nim-operator, manifests/deployment.yaml and api/apps/v1alpha1/nimservice_types.go, GetSelectorLabels).
"""

from __future__ import annotations

from nimfleet.manifest.pointer import Pointer
from nimfleet.plan.types import EnvironmentPlan, ModelPlan
from nimfleet.render.objects import File, Object, metadata


def files(plan: EnvironmentPlan) -> list[File]:
    """Beside each model's or pipeline's other files, under ``models/``; one file a kind and service."""
    result = []
    for model in plan.standalone:
        result += _files(plan, model, f"models/{model.name}", "", ("models", model.name))
    for pipeline in plan.pipelines:
        for model in pipeline.services:
            result += _files(plan, model, f"models/{pipeline.name}", f"-{model.name}", ("models", model.name))
    return result


def _files(plan: EnvironmentPlan, model: ModelPlan, folder: str, suffix: str, cause: Pointer) -> list[File]:
    result = [File(f"{folder}/networkpolicy{suffix}.yaml", (network_policy(plan, model),), cause)]
    # Of a single replica, a budget would either say nothing or keep its node from ever being replaced.
    if model.replicas >= 2:
        result.append(File(f"{folder}/poddisruptionbudget{suffix}.yaml", (disruption_budget(plan, model),), cause))
    return result


def disruption_budget(plan: EnvironmentPlan, model: ModelPlan) -> Object:
    """One replica at a time: the next one starts for many minutes before it serves."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(model.name, plan.intent.namespace),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": model.name}}},
    }


def network_policy(plan: EnvironmentPlan, model: ModelPlan) -> Object:
    """The service's own ports from pods of the cluster, and that of its API from anywhere where a load balancer exposes it.

    A load balancer with targets of type ip comes from addresses of the VPC, which no selector of pods matches, and
    environment.yaml does not know them. What leaves the pods is not restricted: they may need NGC, whose addresses
    change.
    """
    ports = sorted({port for port in (model.port, model.grpc_port, model.metrics_port) if port is not None})
    rules: list[Object] = [{"from": [{"namespaceSelector": {}}], "ports": _ports(*ports)}]
    if plan.intent.exposure.ingress is not None and model.exposed:
        rules.append({"ports": _ports(model.port)})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model.name, plan.intent.namespace),
        "spec": {
            "podSelector": {"matchLabels": {"app": model.name}},
            "policyTypes": ["Ingress"],
            "ingress": rules,
        },
    }


def _ports(*ports: int) -> list[Object]:
    return [{"protocol": "TCP", "port": port} for port in ports]
