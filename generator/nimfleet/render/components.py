"""Which charts an environment needs, and with which values.

Values are given only where a chart's default would not work here; each says why.
"""

from __future__ import annotations

from nimfleet.plan.types import EnvironmentPlan
from nimfleet.render.charts import Component
from nimfleet.render.metrics import recorded, scaling_metrics
from nimfleet.render.objects import Object

NVIDIA_TOLERATION: Object = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def _always(_: EnvironmentPlan) -> bool:
    return True


def _no_values(_: EnvironmentPlan) -> Object:
    return {}


def _nvidia_pools(plan: EnvironmentPlan) -> bool:
    return any(pool.preset.device == "nvidia" for pool in plan.pools)


def _neuron_pools(plan: EnvironmentPlan) -> bool:
    return any(pool.preset.device == "neuron" for pool in plan.pools)


def _admission(plan: EnvironmentPlan) -> bool:
    return plan.intent.nim_operator.admission_controller


def _external_secrets(plan: EnvironmentPlan) -> bool:
    return plan.intent.secrets.method == "external-secrets"


def _efs(plan: EnvironmentPlan) -> bool:
    return plan.intent.storage.efs is not None


def _fsx(plan: EnvironmentPlan) -> bool:
    return plan.intent.storage.fsx is not None


def _ingress(plan: EnvironmentPlan) -> bool:
    return plan.intent.exposure.type == "ingress"


def _prometheus(plan: EnvironmentPlan) -> bool:
    return plan.intent.observability.prometheus


def _cert_manager_values(_: EnvironmentPlan) -> Object:
    # `keep`: uninstalling the chart must not delete every Certificate of the cluster.
    return {"crds": {"enabled": True, "keep": True}}


def _karpenter_values(plan: EnvironmentPlan) -> Object:
    cluster = plan.intent.cluster
    return {
        "settings": {"clusterName": cluster.name, "interruptionQueue": cluster.interruption_queue or cluster.name},
        # The chart sets no requests: the controller that makes nodes must not be the first to be evicted.
        "controller": {"resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}},
    }


def _nim_operator_values(plan: EnvironmentPlan) -> Object:
    operator: Object = {
        # At tag v3.1.2 the chart in the repository still names image release-3.0 with pull policy Always.
        "image": {
            "repository": "nvcr.io/nvidia/cloud-native/k8s-nim-operator",
            "tag": f"v{plan.charts['k8s-nim-operator'].version.removeprefix('v')}",
            "pullPolicy": "IfNotPresent",
        },
        # Flux replaces the CRDs (upgrade.crds); the chart's own hook would do it a second time.
        "upgradeCRD": False,
        "admissionController": {"enabled": _admission(plan)},
    }
    if _admission(plan):
        operator["admissionController"] = {
            "enabled": True,
            "tls": {"mode": "cert-manager", "certManager": {"issuerType": "selfsigned"}},
        }
    return {"operator": operator}


def _device_plugin_values(_: EnvironmentPlan) -> Object:
    return {
        # Labels such as nvidia.com/gpu.product, which the NIM operator selects profiles by.
        "gfd": {"enabled": True},
        "tolerations": [NVIDIA_TOLERATION],
        # The worker's default tolerates the taint value "present" only.
        "nfd": {"worker": {"tolerations": [NVIDIA_TOLERATION]}},
    }


def _neuron_values(_: EnvironmentPlan) -> Object:
    return {"npd": {"enabled": False}, "scheduler": {"enabled": False}}


def _fsx_values(_: EnvironmentPlan) -> Object:
    # By default the kubelet leaves a ReadWriteMany volume to root; caches are written with group 2000.
    return {"csidriver": {"fsGroupPolicy": "File"}}


def _load_balancer_values(plan: EnvironmentPlan) -> Object:
    cluster = plan.intent.cluster
    return {
        "clusterName": cluster.name,
        "region": cluster.region,
        # Pods do not reach the instance metadata service (hop limit 1), where it would be looked up.
        "vpcId": cluster.vpc_id,
        # Or it becomes the class of every new LoadBalancer Service of the cluster.
        "enableServiceMutatorWebhook": False,
    }


def _prometheus_values(_: EnvironmentPlan) -> Object:
    return {
        # EKS does not expose its control plane to be scraped.
        "kubeControllerManager": {"enabled": False},
        "kubeEtcd": {"enabled": False},
        "kubeScheduler": {"enabled": False},
        "kubeProxy": {"enabled": False},
        "alertmanager": {"enabled": False},
        "grafana": {"enabled": False},
        # Else only ServiceMonitors and rules with this release's label are read, and ours have none.
        "prometheus": {
            "prometheusSpec": {
                "retention": "7d",
                "serviceMonitorSelectorNilUsesHelmValues": False,
                "ruleSelectorNilUsesHelmValues": False,
            }
        },
    }


def _prometheus_adapter_values(plan: EnvironmentPlan) -> Object:
    return {
        # The Service that the operator of kube-prometheus-stack makes for its Prometheus objects.
        "prometheus": {"url": "http://prometheus-operated.monitoring.svc", "port": 9090},
        "rules": {
            "default": False,
            "custom": [
                {
                    "seriesQuery": f'{recorded(metric)}{{namespace!="",pod!=""}}',
                    "resources": {"overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}},
                    "name": {"matches": f"^{recorded(metric)}$", "as": metric},
                    "metricsQuery": "avg(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
                }
                for metric in scaling_metrics(plan)
            ],
        },
    }


COMPONENTS: tuple[Component, ...] = (
    Component("karpenter-crd", _always, _no_values, ("cluster",)),
    Component("karpenter", _always, _karpenter_values, ("cluster",), after=("karpenter-crd",)),
    Component("cert-manager", _admission, _cert_manager_values, ("nimOperator",)),
    Component(
        "k8s-nim-operator",
        _always,
        _nim_operator_values,
        ("nimOperator",),
        after=("cert-manager", "kube-prometheus-stack"),
        crds_in_chart=True,
    ),
    Component("nvidia-device-plugin", _nvidia_pools, _device_plugin_values, ("pools",), crds_in_chart=True),
    Component("neuron-helm-chart", _neuron_pools, _neuron_values, ("pools",)),
    Component("aws-efs-csi-driver", _efs, _no_values, ("storage", "efs")),
    Component("aws-fsx-csi-driver", _fsx, _fsx_values, ("storage", "fsx")),
    Component("aws-load-balancer-controller", _ingress, _load_balancer_values, ("exposure",), crds_in_chart=True),
    Component("external-secrets", _external_secrets, _no_values, ("secrets",)),
    Component(
        "kube-prometheus-stack",
        _prometheus,
        _prometheus_values,
        ("observability",),
        crds_in_chart=True,
        namespace="monitoring",
    ),
    Component(
        "prometheus-adapter",
        lambda plan: _prometheus(plan) and any(model.scaling for model in plan.models),
        _prometheus_adapter_values,
        ("observability",),
        after=("kube-prometheus-stack",),
        namespace="monitoring",
    ),
)
