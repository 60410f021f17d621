"""Faults that are not found as they should be, yet, and why."""

from __future__ import annotations

PENDING: dict[str, str] = {
    "autoscaler-of-what-the-operator-sets-back": "not found, or not as it should be",
    "cache-without-a-secret-to-pull-its-image": "not found, or not as it should be",
    "family-and-gpu-that-do-not-meet": "not found, or not as it should be",
    "image-with-a-capital": "not found, or not as it should be",
    "image-with-its-tag-twice": "not found, or not as it should be",
    "karpenter-for-another-cluster": "not found, or not as it should be",
    "load-balancer-controller-for-another-cluster": "not found, or not as it should be",
    "load-balancer-controller-for-another-region": "not found, or not as it should be",
    "load-balancer-to-nodes-of-a-service-without-node-ports": "not found, or not as it should be",
    "model-without-a-secret-to-pull-its-image": "not found, or not as it should be",
    "patch-that-takes-the-toleration-away": "not found, or not as it should be",
    "probe-of-a-path-that-the-model-does-not-have": "not found, or not as it should be",
    "probe-of-a-port-where-the-model-is-not": "not found, or not as it should be",
    "role-of-nodes-by-its-arn": "not found, or not as it should be",
    "spot-nodes-whose-end-nobody-hears-of": "not found, or not as it should be",
    "three-requirements-that-only-together-allow-nothing": "not found, or not as it should be",
    "two-autoscalers-of-one-model": "not found, or not as it should be",
}
