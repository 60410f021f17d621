"""Faults that are not found as they should be, yet, and why."""

from __future__ import annotations

PENDING: dict[str, str] = {
    "chart-from-the-repository-of-another": "not found, or not as it should be",
    "driver-with-a-typo": "not found, or not as it should be",
    "efs-parameter-with-another-capital": "not found, or not as it should be",
    "fractional-gpus-that-kubernetes-does-not-see": "not found, or not as it should be",
    "limit-on-a-resource-that-no-node-has": "not found, or not as it should be",
    "load-balancer-controller-without-the-name-of-its-cluster": "not found, or not as it should be",
    "manifest-that-no-kustomization-lists": "not found, or not as it should be",
    "metric-that-the-adapter-serves-under-another-name": "not found, or not as it should be",
    "metric-where-no-adapter-serves-any": "not found, or not as it should be",
    "page-of-the-project-instead-of-its-repository": "not found, or not as it should be",
    "patch-of-a-merge-without-its-target": "not found, or not as it should be",
    "patch-that-takes-the-toleration-away": "not found, or not as it should be",
    "pool-whose-dearer-nodes-do-not-run-the-engine": "not found, or not as it should be",
    "root-volume-of-bottlerocket-that-is-not-its-data": "not found, or not as it should be",
    "service-as-another-user-than-efs-and-its-cache": "not found, or not as it should be",
    "source-that-was-deleted": "not found, or not as it should be",
    "switch-in-quotes-that-is-always-on": "not found, or not as it should be",
    "text-where-the-chart-counts": "not found, or not as it should be",
    "value-that-belongs-one-level-higher": "not found, or not as it should be",
}
