"""Public chart repositories: which charts they hold.

From the projects' own installation pages (catalog/data/charts.json names them a chart). A repository that is not listed
may be anybody's mirror, of which nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class PublicRepository:
    """``charts`` are those that matter here; ``whole`` says that there are no others."""

    charts: frozenset[str]
    whole: bool = False


def _of(*charts: str, whole: bool = False) -> PublicRepository:
    return PublicRepository(frozenset(charts), whole)


REPOSITORIES: Final[Mapping[str, PublicRepository]] = MappingProxyType(
    {
        "https://aws.github.io/eks-charts": _of(
            "aws-for-fluent-bit",
            "aws-load-balancer-controller",
            "aws-node-termination-handler",
            "aws-vpc-cni",
            "cni-metrics-helper",
        ),
        "https://awslabs.github.io/mountpoint-s3-csi-driver": _of("aws-mountpoint-s3-csi-driver", whole=True),
        "https://charts.external-secrets.io": _of("external-secrets", whole=True),
        "https://charts.jetstack.io": _of("cert-manager", "cert-manager-csi-driver", "trust-manager"),
        "https://helm.ngc.nvidia.com/nvidia": _of("gpu-operator", "k8s-nim-operator", "network-operator"),
        "https://helm.openwebui.com": _of("open-webui", "pipelines"),
        "https://kedacore.github.io/charts": _of("keda", "keda-add-ons-http"),
        "https://kubernetes-sigs.github.io/aws-ebs-csi-driver": _of("aws-ebs-csi-driver", whole=True),
        "https://kubernetes-sigs.github.io/aws-efs-csi-driver": _of("aws-efs-csi-driver", whole=True),
        "https://kubernetes-sigs.github.io/aws-fsx-csi-driver": _of("aws-fsx-csi-driver", whole=True),
        "https://kubernetes-sigs.github.io/node-feature-discovery/charts": _of("node-feature-discovery", whole=True),
        "https://kubernetes.github.io/ingress-nginx": _of("ingress-nginx", whole=True),
        "https://nvidia.github.io/dcgm-exporter/helm-charts": _of("dcgm-exporter", whole=True),
        "https://nvidia.github.io/k8s-device-plugin": _of("gpu-feature-discovery", "nvidia-device-plugin", whole=True),
        "https://prometheus-community.github.io/helm-charts": _of(
            "kube-prometheus-stack",
            "kube-state-metrics",
            "prometheus",
            "prometheus-adapter",
            "prometheus-node-exporter",
            "prometheus-operator-crds",
        ),
        "oci://ghcr.io/kserve/charts": _of("kserve-crd", "kserve-resources"),
        "oci://ghcr.io/prometheus-community/charts": _of(
            "kube-prometheus-stack",
            "kube-state-metrics",
            "prometheus",
            "prometheus-adapter",
            "prometheus-node-exporter",
            "prometheus-operator-crds",
        ),
        "oci://public.ecr.aws/karpenter": _of("karpenter", "karpenter-crd", whole=True),
        "oci://public.ecr.aws/neuron": _of("neuron-helm-chart"),
        "oci://quay.io/jetstack/charts": _of("cert-manager", "cert-manager-csi-driver", "trust-manager"),
        "oci://registry.k8s.io/nfd/charts": _of("node-feature-discovery", whole=True),
    }
)

RETIRED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "https://charts.helm.sh/stable": "it was archived in 2020",
        "https://charts.karpenter.sh": "it stopped at 0.16",
        "https://kubernetes-charts.storage.googleapis.com": "it was removed in 2020",
        "https://nvidia.github.io/gpu-operator": "it stopped at 1.x",
    }
)
"""Repositories that their projects have left, and why not to use them."""


def normal(url: str) -> str:
    """``url`` without what does not make it another one."""
    return url.strip().rstrip("/")


def homes(chart: str) -> tuple[str, ...]:
    """The repositories that hold ``chart``."""
    return tuple(url for url, repository in REPOSITORIES.items() if chart in repository.charts)
