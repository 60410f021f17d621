"""What the API server's own code checks about the kinds of Kubernetes, beyond their schemas.

One module a family of kinds. Facts: k8s.io/kubernetes, pkg/apis/*/validation. Only what every Kubernetes
version in support refuses is here: a fault that is not listed is missed, a good document is never refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from nimfleet.manifest.pointer import Pointer

NativeCheck = Callable[[Mapping[str, Any]], Iterator[tuple[Pointer, str]]]
"""Pointer and message of everything that is wrong with a document whose schema is satisfied."""


def native_check(group: str, kind: str) -> NativeCheck | None:
    """The check of a kind; None when there is nothing beyond its schema that nimfleet knows."""
    return _checks().get((group, kind))


@lru_cache(maxsize=1)
def _checks() -> Mapping[tuple[str, str], NativeCheck]:
    from nimfleet.schema.native import (  # noqa: PLC0415 - most runs meet only some kinds, or none
        config,
        limits,
        network,
        pods,
        policy,
        rbac,
        registration,
        storage,
        workloads,
    )

    return {
        ("", "ConfigMap"): config.config_map,
        ("", "LimitRange"): limits.limit_range,
        ("", "Namespace"): config.namespace,
        ("", "PersistentVolume"): storage.volume,
        ("", "PersistentVolumeClaim"): storage.claim,
        ("", "Pod"): pods.pod,
        ("", "ResourceQuota"): limits.quota,
        ("", "Secret"): config.secret,
        ("", "Service"): network.service,
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): registration.mutating_webhooks,
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): registration.validating_webhooks,
        ("apiregistration.k8s.io", "APIService"): registration.api_service,
        ("apps", "DaemonSet"): workloads.daemon_set,
        ("apps", "Deployment"): workloads.deployment,
        ("apps", "ReplicaSet"): workloads.replica_set,
        ("apps", "StatefulSet"): workloads.stateful_set,
        ("autoscaling", "HorizontalPodAutoscaler"): policy.autoscaler,
        ("batch", "CronJob"): workloads.cron_job,
        ("batch", "Job"): workloads.job,
        ("networking.k8s.io", "Ingress"): network.ingress,
        ("networking.k8s.io", "IngressClass"): network.ingress_class,
        ("networking.k8s.io", "NetworkPolicy"): network.network_policy,
        ("node.k8s.io", "RuntimeClass"): limits.runtime_class,
        ("policy", "PodDisruptionBudget"): policy.disruption_budget,
        (rbac.GROUP, "ClusterRole"): rbac.cluster_role,
        (rbac.GROUP, "ClusterRoleBinding"): rbac.cluster_role_binding,
        (rbac.GROUP, "Role"): rbac.role,
        (rbac.GROUP, "RoleBinding"): rbac.role_binding,
        ("scheduling.k8s.io", "PriorityClass"): policy.priority_class,
        ("storage.k8s.io", "StorageClass"): storage.storage_class,
    }
