# ruff: noqa: E501 - one line a case reads as a table
"""What the server's code refuses beyond its schemas: each fault at its place, and near misses that are good."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Final

import pytest

from nimfleet.schema.check import Violation, check
from nimfleet.schema.core import core_schemas, minor_versions
from nimfleet.schema.native.cron import schedule_problem

REMOVE: Final = object()


def _kind(api_version: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "nim"}, **more}


POD_SPEC: dict[str, Any] = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "nodeSelector": {"nvidia.com/gpu.present": "true"},
    "serviceAccountName": "x",
    "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}
    ],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}]
            },
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "preference": {"matchExpressions": [{"key": "n", "operator": "Gt", "values": ["1"]}]}}
            ],
        },
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "x"}}}
            ],
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname"}}
            ],
        },
    },
    "initContainers": [{"name": "init", "image": "i"}],
    "containers": [
        {
            "name": "c",
            "image": "i",
            "imagePullPolicy": "IfNotPresent",
            "ports": [{"containerPort": 8000, "name": "http"}, {"containerPort": 8000, "protocol": "UDP"}],
            "env": [
                {"name": "A", "value": "b"},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "NGC_API_KEY"}}},
            ],
            "envFrom": [{"configMapRef": {"name": "c"}}],
            "resources": {
                "requests": {"cpu": "500m", "nvidia.com/gpu": 1},
                "limits": {"cpu": 1, "nvidia.com/gpu": "1"},
            },
            "volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": "a/b"}, {"name": "h", "mountPath": "/h"}],
            "livenessProbe": {"httpGet": {"path": "/", "port": "http", "scheme": "HTTP"}},
            "readinessProbe": {"tcpSocket": {"port": 8000}, "successThreshold": 2},
            "startupProbe": {"grpc": {"port": 8000}, "failureThreshold": 120},
        }
    ],
    "volumes": [
        {"name": "v"},
        {"name": "h", "hostPath": {"path": "/dev", "type": "Directory"}},
        {"name": "s", "secret": {"secretName": "s", "defaultMode": 0o777}},
        {"name": "m", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}},
    ],
}
TEMPLATE = {"metadata": {"labels": {"app": "x", "tier": "gpu"}}, "spec": POD_SPEC}
SELECTOR = {
    "matchLabels": {"app": "x"},
    "matchExpressions": [{"key": "tier", "operator": "In", "values": ["gpu", "cpu"]}],
}
JOB_SPEC = {"template": {"spec": {**POD_SPEC, "restartPolicy": "OnFailure"}}, "backoffLimit": 0}
RULE = {
    "host": "*.example.com",
    "http": {
        "paths": [
            {"path": "/v1", "pathType": "Prefix", "backend": {"service": {"name": "nim", "port": {"number": 8000}}}}
        ]
    },
}

GOOD: dict[str, dict[str, Any]] = {
    "Pod": _kind("v1", "Pod", spec=POD_SPEC),
    "Deployment": _kind("apps/v1", "Deployment", spec={"selector": SELECTOR, "template": TEMPLATE, "replicas": 0, "minReadySeconds": 1, "progressDeadlineSeconds": 2, "strategy": {"rollingUpdate": {"maxUnavailable": 0}}}),
    "DaemonSet": _kind("apps/v1", "DaemonSet", spec={"selector": SELECTOR, "template": TEMPLATE, "updateStrategy": {"rollingUpdate": {"maxUnavailable": "10%"}}}),
    "ReplicaSet": _kind("apps/v1", "ReplicaSet", spec={"selector": SELECTOR, "template": TEMPLATE}),
    "StatefulSet": _kind("apps/v1", "StatefulSet", spec={"selector": SELECTOR, "serviceName": "x", "template": TEMPLATE, "podManagementPolicy": "Parallel"}),
    "Job": _kind("batch/v1", "Job", spec=JOB_SPEC),
    "CronJob": _kind("batch/v1", "CronJob", spec={"schedule": "*/5 0-6,12 * JAN-MAR mon", "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": JOB_SPEC}}),
    "Service": _kind("v1", "Service", spec={"selector": {"app": "x"}, "ports": [{"name": "http", "port": 8000, "targetPort": "http"}, {"name": "dns", "port": 8000, "protocol": "UDP", "targetPort": 53}]}),
    "Ingress": _kind("networking.k8s.io/v1", "Ingress", spec={"ingressClassName": "alb", "rules": [RULE], "tls": [{"hosts": ["a.example.com"]}]}),
    "NetworkPolicy": _kind("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{"from": [{"podSelector": {}, "namespaceSelector": {}}], "ports": [{"port": 8000, "endPort": 8001}, {"port": "http"}]}], "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}, {}]}),
    "ConfigMap": _kind("v1", "ConfigMap", data={"a.b_C-d": "x"}, binaryData={"b": "aGk="}),
    "Secret": _kind("v1", "Secret", type="kubernetes.io/dockerconfigjson", stringData={".dockerconfigjson": "{}"}, data={"k": "aGk=\n"}),
    "PersistentVolumeClaim": _kind("v1", "PersistentVolumeClaim", spec={"accessModes": ["ReadWriteMany"], "storageClassName": "", "resources": {"requests": {"storage": "50Gi"}}}),
    "StorageClass": _kind("storage.k8s.io/v1", "StorageClass", provisioner="efs.csi.aws.com", reclaimPolicy="Retain", volumeBindingMode="WaitForFirstConsumer"),
    "HorizontalPodAutoscaler": _kind("autoscaling/v2", "HorizontalPodAutoscaler", spec={
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}, "minReplicas": 1, "maxReplicas": 1,
        "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}},
            {"type": "Pods", "pods": {"metric": {"name": "gpu_cache_usage_perc"}, "target": {"type": "AverageValue", "averageValue": "500m"}}},
        ],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}},
    }),
    "PodDisruptionBudget": _kind("policy/v1", "PodDisruptionBudget", spec={"maxUnavailable": "100%", "selector": SELECTOR}),
    "PriorityClass": _kind("scheduling.k8s.io/v1", "PriorityClass", value=1_000_000_000, preemptionPolicy="Never"),
    "Role": _kind("rbac.authorization.k8s.io/v1", "Role", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]),
    "ClusterRole": _kind("rbac.authorization.k8s.io/v1", "ClusterRole", rules=[{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]),
    "RoleBinding": _kind("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}, subjects=[{"kind": "ServiceAccount", "name": "x", "namespace": "nim"}, {"kind": "Group", "name": "g"}]),
    "ClusterRoleBinding": _kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}),
}  # fmt: skip

C = ("spec", "containers", 0)
AFFINITY = ("spec", "affinity")
REQUIRED, PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)
T = ("spec", "template")

# kind, path to change, new value, where the finding is (None: it is still good), words of the message
CASES: list[tuple[str, tuple[Any, ...], Any, tuple[Any, ...] | None, str]] = [
    ("Pod", ("spec", "containers"), [], ("spec", "containers"), "at least one container"),
    ("Pod", (*C, "name"), "C", (*C, "name"), "must be a DNS label"),
    ("Pod", (*C, "name"), "init", (*C, "name"), "`init` is used before, by spec.initContainers[0]"),
    ("Pod", (*C, "image"), REMOVE, (*C, "image"), "is required"),
    ("Pod", (*C, "image"), "i ", (*C, "image"), "white space"),
    ("Pod", (*C, "imagePullPolicy"), "always", (*C, "imagePullPolicy"), "must be one of `Always`"),
    ("Pod", (*C, "imagePullPolicy"), "", None, ""),
    ("Pod", (*C, "ports", 0, "containerPort"), 99999, (*C, "ports", 0, "containerPort"), "must be between 1 and 65535, found 99999"),
    ("Pod", (*C, "ports", 0, "containerPort"), 65535, None, ""),
    ("Pod", (*C, "ports", 0, "hostPort"), 70000, (*C, "ports", 0, "hostPort"), "between 1 and 65535"),
    ("Pod", (*C, "ports", 0, "hostPort"), 0, None, ""),
    ("Pod", (*C, "ports", 0, "name"), "much-too-long-name", (*C, "ports", 0, "name"), "must be a port name"),
    ("Pod", (*C, "ports", 0, "name"), "80", (*C, "ports", 0, "name"), "must be a port name"),
    ("Pod", (*C, "ports", 0, "name"), "a--b", (*C, "ports", 0, "name"), "must be a port name"),
    ("Pod", (*C, "ports", 1, "name"), "http", (*C, "ports", 1, "name"), "`http` is used before, by spec.containers[0].ports[0]"),
    ("Pod", (*C, "ports", 0, "protocol"), "tcp", (*C, "ports", 0, "protocol"), "`TCP`"),
    ("Pod", ("spec", "hostNetwork"), True, None, ""),
    ("Pod", (*C, "env", 0, "name"), "A=B", (*C, "env", 0, "name"), "without `=`"),
    ("Pod", (*C, "env", 1, "value"), "x", (*C, "env", 1, "valueFrom"), "beside a value"),
    ("Pod", (*C, "env", 1, "valueFrom"), {}, (*C, "env", 1, "valueFrom"), "exactly one source, found 0"),
    ("Pod", (*C, "env", 1, "valueFrom", "secretKeyRef", "key"), "a/b", (*C, "env", 1, "valueFrom", "secretKeyRef", "key"), "letters, digits"),
    ("Pod", (*C, "envFrom", 0), {}, (*C, "envFrom", 0), "exactly one of configMapRef and secretRef"),
    ("Pod", (*C, "resources", "limits", "cpu"), "200m", (*C, "resources", "requests", "cpu"), "must not exceed the limit 200m, found `500m`"),
    ("Pod", (*C, "resources", "limits", "nvidia.com/gpu"), 2, (*C, "resources", "requests", "nvidia.com/gpu"), "must equal the limit 2"),
    ("Pod", (*C, "resources", "limits", "nvidia.com/gpu"), REMOVE, (*C, "resources", "requests", "nvidia.com/gpu"), "needs a limit of the same amount"),
    ("Pod", (*C, "resources", "requests"), {}, None, ""),
    ("Pod", (*C, "resources"), {"limits": {"nvidia.com/gpu": 0.5}}, (*C, "resources", "limits", "nvidia.com/gpu"), "must be a whole number"),
    ("Pod", (*C, "resources"), {"limits": {"gpu": 1}}, (*C, "resources", "limits", "gpu"), "is no resource"),
    ("Pod", (*C, "resources"), {"limits": {"cpu": "-1"}}, (*C, "resources", "limits", "cpu"), "must not be negative"),
    ("Pod", (*C, "resources"), {"limits": {"hugepages-2Mi": "4Mi", "memory": "1Gi"}}, None, ""),
    ("Pod", (*C, "volumeMounts", 0, "name"), "w", (*C, "volumeMounts", 0, "name"), "`w` is not a volume of the pod"),
    ("Pod", (*C, "volumeMounts", 0, "mountPath"), "", (*C, "volumeMounts", 0, "mountPath"), "is required"),
    ("Pod", (*C, "volumeMounts", 0, "subPath"), "../x", (*C, "volumeMounts", 0, "subPath"), "relative and without `..`"),
    ("Pod", (*C, "volumeMounts", 0, "subPath"), "a..b", None, ""),
    ("Pod", (*C, "volumeMounts", 0, "subPathExpr"), "$(A)", (*C, "volumeMounts", 0, "subPathExpr"), "beside a subPath"),
    ("Pod", (*C, "livenessProbe", "exec"), {"command": ["a"]}, (*C, "livenessProbe"), "exactly one of exec, grpc, httpGet, tcpSocket, found exec and httpGet"),
    ("Pod", (*C, "livenessProbe"), {}, (*C, "livenessProbe"), "found none"),
    ("Pod", (*C, "livenessProbe", "successThreshold"), 2, (*C, "livenessProbe", "successThreshold"), "must be 1, found 2"),
    ("Pod", (*C, "livenessProbe", "periodSeconds"), -1, (*C, "livenessProbe", "periodSeconds"), "must not be negative"),
    ("Pod", (*C, "livenessProbe", "httpGet", "port"), 0, (*C, "livenessProbe", "httpGet", "port"), "between 1 and 65535"),
    ("Pod", (*C, "livenessProbe", "httpGet", "port"), "HTTP", (*C, "livenessProbe", "httpGet", "port"), "must be a port name"),
    ("Pod", (*C, "livenessProbe", "httpGet", "scheme"), "https", (*C, "livenessProbe", "httpGet", "scheme"), "`HTTPS`"),
    ("Pod", (*C, "startupProbe", "grpc", "port"), 70000, (*C, "startupProbe", "grpc", "port"), "between 1 and 65535"),
    ("Pod", ("spec", "restartPolicy"), "always", ("spec", "restartPolicy"), "must be one of `Always`, `OnFailure`, `Never`"),
    ("Pod", ("spec", "restartPolicy"), REMOVE, None, ""),
    ("Pod", ("spec", "dnsPolicy"), "Host", ("spec", "dnsPolicy"), "must be one of"),
    ("Pod", ("spec", "activeDeadlineSeconds"), 0, ("spec", "activeDeadlineSeconds"), "between 1 and"),
    ("Pod", ("spec", "serviceAccountName"), "A", ("spec", "serviceAccountName"), "DNS subdomain"),
    ("Pod", ("spec", "nodeSelector"), {"a b": "x"}, ("spec", "nodeSelector", "a b"), "label key `a b`"),
    ("Pod", ("spec", "nodeSelector"), {"a": "x y"}, ("spec", "nodeSelector", "a"), "value `x y`"),
    ("Pod", ("spec", "tolerations", 0, "value"), "x", ("spec", "tolerations", 0, "value"), "must be empty"),
    ("Pod", ("spec", "tolerations", 0), {"operator": "Equal", "value": "x"}, ("spec", "tolerations", 0, "operator"), "`Exists` when there is no key"),
    ("Pod", ("spec", "tolerations", 0), {"operator": "Exists"}, None, ""),
    ("Pod", ("spec", "tolerations", 0, "effect"), "NoRun", ("spec", "tolerations", 0, "effect"), "`NoExecute`"),
    ("Pod", ("spec", "tolerations", 0, "tolerationSeconds"), 5, ("spec", "tolerations", 0, "effect"), "must be `NoExecute`"),
    ("Pod", ("spec", "topologySpreadConstraints", 0, "maxSkew"), 0, ("spec", "topologySpreadConstraints", 0, "maxSkew"), "at least 1"),
    ("Pod", ("spec", "topologySpreadConstraints", 0, "topologyKey"), "", ("spec", "topologySpreadConstraints", 0, "topologyKey"), "is required"),
    ("Pod", ("spec", "topologySpreadConstraints", 0, "whenUnsatisfiable"), "Never", ("spec", "topologySpreadConstraints", 0, "whenUnsatisfiable"), "`DoNotSchedule`"),
    ("Pod", (*AFFINITY, "nodeAffinity", REQUIRED, "nodeSelectorTerms"), [], (*AFFINITY, "nodeAffinity", REQUIRED, "nodeSelectorTerms"), "at least one term"),
    ("Pod", (*AFFINITY, "nodeAffinity", REQUIRED, "nodeSelectorTerms", 0, "matchExpressions", 0, "values"), [], (*AFFINITY, "nodeAffinity", REQUIRED, "nodeSelectorTerms", 0, "matchExpressions", 0, "values"), "must not be empty when the operator is In"),
    ("Pod", (*AFFINITY, "nodeAffinity", REQUIRED, "nodeSelectorTerms", 0, "matchExpressions", 0, "operator"), "Exists", (*AFFINITY, "nodeAffinity", REQUIRED, "nodeSelectorTerms", 0, "matchExpressions", 0, "values"), "must be empty when the operator is Exists"),
    ("Pod", (*AFFINITY, "nodeAffinity", REQUIRED, "nodeSelectorTerms", 0, "matchExpressions", 0, "operator"), "is", (*AFFINITY, "nodeAffinity", REQUIRED, "nodeSelectorTerms", 0, "matchExpressions", 0, "operator"), "`DoesNotExist`, `Gt`"),
    ("Pod", (*AFFINITY, "nodeAffinity", PREFERRED, 0, "weight"), 101, (*AFFINITY, "nodeAffinity", PREFERRED, 0, "weight"), "between 1 and 100"),
    ("Pod", (*AFFINITY, "nodeAffinity", PREFERRED, 0, "preference", "matchExpressions", 0, "values"), ["1", "2"], (*AFFINITY, "nodeAffinity", PREFERRED, 0, "preference", "matchExpressions", 0, "values"), "one value"),
    ("Pod", (*AFFINITY, "podAntiAffinity", REQUIRED, 0, "topologyKey"), "", (*AFFINITY, "podAntiAffinity", REQUIRED, 0, "topologyKey"), "is required"),
    ("Pod", (*AFFINITY, "podAntiAffinity", PREFERRED, 0, "weight"), 0, (*AFFINITY, "podAntiAffinity", PREFERRED, 0, "weight"), "between 1 and 100"),
    ("Pod", ("spec", "volumes", 0, "emptyDir"), {}, None, ""),
    ("Pod", ("spec", "volumes", 1, "emptyDir"), {}, ("spec", "volumes", 1), "must have one source, found emptyDir and hostPath"),
    ("Pod", ("spec", "volumes", 1, "hostPath", "type"), "Folder", ("spec", "volumes", 1, "hostPath", "type"), "`DirectoryOrCreate`"),
    ("Pod", ("spec", "volumes", 2, "secret", "secretName"), REMOVE, ("spec", "volumes", 2, "secret", "secretName"), "is required"),
    ("Pod", ("spec", "volumes", 2, "secret", "defaultMode"), 0o1000, ("spec", "volumes", 2, "secret", "defaultMode"), "0777 (octal), found 0o1000"),
    ("Pod", ("spec", "volumes", 2, "name"), "V", ("spec", "volumes", 2, "name"), "must be a DNS label"),
    ("Deployment", ("spec", "selector"), {}, ("spec", "selector"), "must not be empty"),
    ("Deployment", ("spec", "selector", "matchLabels", "app"), "y", (*T, "metadata", "labels"), "must satisfy spec.selector"),
    ("Deployment", ("spec", "selector", "matchExpressions", 0, "operator"), "NotIn", (*T, "metadata", "labels"), "must satisfy spec.selector"),
    ("Deployment", ("spec", "selector", "matchExpressions", 0), {"key": "none", "operator": "Exists"}, (*T, "metadata", "labels"), "must satisfy spec.selector"),
    ("Deployment", ("spec", "selector", "matchExpressions", 0), {"key": "none", "operator": "DoesNotExist"}, None, ""),
    ("Deployment", (*T, "metadata", "labels", "bad"), "a b", (*T, "metadata", "labels", "bad"), "value `a b`"),
    ("Deployment", (*T, "spec", "restartPolicy"), "Never", (*T, "spec", "restartPolicy"), "must be `Always` here"),
    ("Deployment", (*T, "spec", "activeDeadlineSeconds"), 5, (*T, "spec", "activeDeadlineSeconds"), "runs forever"),
    ("Deployment", (*T, "spec", "containers", 0, "image"), "", (*T, "spec", "containers", 0, "image"), "is required"),
    ("Deployment", ("spec", "replicas"), -1, ("spec", "replicas"), "must not be negative"),
    ("Deployment", ("spec", "progressDeadlineSeconds"), 1, ("spec", "progressDeadlineSeconds"), "greater than minReadySeconds (1)"),
    ("Deployment", ("spec", "strategy", "type"), "Recreate", ("spec", "strategy", "rollingUpdate"), "must not be there"),
    ("Deployment", ("spec", "strategy"), {"type": "Recreate"}, None, ""),
    ("Deployment", ("spec", "strategy", "type"), "Rolling", ("spec", "strategy", "type"), "`Recreate`, `RollingUpdate`"),
    ("Deployment", ("spec", "strategy", "rollingUpdate", "maxSurge"), "0%", ("spec", "strategy", "rollingUpdate", "maxUnavailable"), "must not be 0 when maxSurge is 0"),
    ("Deployment", ("spec", "strategy", "rollingUpdate", "maxUnavailable"), "101%", ("spec", "strategy", "rollingUpdate", "maxUnavailable"), "greater than 100%"),
    ("Deployment", ("spec", "strategy", "rollingUpdate", "maxSurge"), "a quarter", ("spec", "strategy", "rollingUpdate", "maxSurge"), "a number or a percentage"),
    ("DaemonSet", ("spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), 0, ("spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), "must not be 0"),
    ("DaemonSet", ("spec", "updateStrategy"), {"type": "OnDelete"}, None, ""),
    ("DaemonSet", ("spec", "minReadySeconds"), -1, ("spec", "minReadySeconds"), "must not be negative"),
    ("ReplicaSet", ("spec", "selector", "matchLabels", "app"), "y", (*T, "metadata", "labels"), "must satisfy spec.selector"),
    ("StatefulSet", ("spec", "podManagementPolicy"), "Random", ("spec", "podManagementPolicy"), "`OrderedReady`"),
    ("StatefulSet", ("spec", "updateStrategy"), {"type": "OnDelete", "rollingUpdate": {"partition": 1}}, ("spec", "updateStrategy", "rollingUpdate"), "must not be there"),
    ("StatefulSet", (*T, "spec", "containers", 0, "image"), REMOVE, (*T, "spec", "containers", 0, "image"), "is required"),
    ("StatefulSet", (*T, "metadata", "labels", "bad"), "a b", (*T, "metadata", "labels", "bad"), "value `a b`"),
    ("Job", (*T, "spec", "restartPolicy"), "Always", (*T, "spec", "restartPolicy"), "`OnFailure` or `Never` in a Job, found `Always`"),
    ("Job", (*T, "spec", "restartPolicy"), REMOVE, (*T, "spec", "restartPolicy"), "Always (the default)"),
    ("Job", ("spec", "parallelism"), -1, ("spec", "parallelism"), "must not be negative"),
    ("Job", ("spec", "activeDeadlineSeconds"), -1, ("spec", "activeDeadlineSeconds"), "must not be negative"),
    ("Job", ("spec", "completionMode"), "Indexed", ("spec", "completions"), "is required when completionMode is Indexed"),
    ("Job", ("spec", "selector"), {"matchLabels": {"app": "x"}}, ("spec", "selector"), "is made by the server"),
    ("Job", ("spec", "selector"), {}, None, ""),
    ("CronJob", ("spec", "schedule"), "61 * * * *", ("spec", "schedule"), "bad minute `61`"),
    ("CronJob", ("spec", "concurrencyPolicy"), "Wait", ("spec", "concurrencyPolicy"), "`Replace`"),
    ("CronJob", ("spec", "startingDeadlineSeconds"), -1, ("spec", "startingDeadlineSeconds"), "must not be negative"),
    ("CronJob", ("metadata", "name"), "x" * 53, ("metadata", "name"), "at most 52 characters, found 53"),
    ("CronJob", ("spec", "jobTemplate", "spec", "template", "spec", "restartPolicy"), "Always", ("spec", "jobTemplate", "spec", "template", "spec", "restartPolicy"), "in a Job"),
    ("Service", ("spec", "ports"), [], ("spec", "ports"), "at least one port"),
    ("Service", ("spec", "ports", 0, "port"), 99999, ("spec", "ports", 0, "port"), "between 1 and 65535"),
    ("Service", ("spec", "ports", 0, "targetPort"), "Http", ("spec", "ports", 0, "targetPort"), "must be a port name"),
    ("Service", ("spec", "ports", 0, "targetPort"), 0, None, ""),
    ("Service", ("spec", "ports", 0, "nodePort"), 30000, ("spec", "ports", 0, "nodePort"), "must not be set when the type is ClusterIP"),
    ("Service", ("spec", "ports", 0, "name"), REMOVE, ("spec", "ports", 0, "name"), "more than one port"),
    ("Service", ("spec", "ports", 0, "name"), "Http", ("spec", "ports", 0, "name"), "must be a DNS label"),
    ("Service", ("spec", "ports", 1, "name"), "http", ("spec", "ports", 1, "name"), "`http` is used before"),
    ("Service", ("spec", "ports", 0, "protocol"), "HTTP", ("spec", "ports", 0, "protocol"), "`SCTP`"),
    ("Service", ("spec", "type"), "Internal", ("spec", "type"), "`LoadBalancer`"),
    ("Service", ("spec", "type"), "ExternalName", ("spec", "externalName"), "must be a DNS name"),
    ("Service", ("spec",), {"type": "ExternalName", "externalName": "a.example.com."}, None, ""),
    ("Service", ("spec",), {"clusterIP": "None"}, None, ""),
    ("Service", ("spec",), {"clusterIP": "None", "type": "LoadBalancer", "ports": [{"port": 1}]}, ("spec", "clusterIP"), "must not be `None`"),
    ("Service", ("spec", "sessionAffinity"), "Cookie", ("spec", "sessionAffinity"), "`ClientIP`"),
    ("Service", ("spec", "externalTrafficPolicy"), "Local", ("spec", "externalTrafficPolicy"), "not reachable from outside"),
    ("Service", ("spec", "internalTrafficPolicy"), "Node", ("spec", "internalTrafficPolicy"), "`Local`"),
    ("Service", ("spec", "loadBalancerSourceRanges"), ["10.0.0.0/8"], ("spec", "loadBalancerSourceRanges"), "must not be set when the type is ClusterIP"),
    ("Service", ("spec",), {"type": "LoadBalancer", "ports": [{"port": 1}], "loadBalancerSourceRanges": ["10.0.0.0"]}, ("spec", "loadBalancerSourceRanges", 0), "must be a CIDR"),
    ("Service", ("spec",), {"type": "LoadBalancer", "ports": [{"port": 1}], "loadBalancerSourceRanges": ["010.0.0.0/8", "::/0"]}, None, ""),
    ("Service", ("spec", "selector", "app"), "a b", ("spec", "selector", "app"), "value `a b`"),
    ("Ingress", ("spec", "rules"), REMOVE, ("spec",), "rules or a defaultBackend"),
    ("Ingress", ("spec",), {"defaultBackend": {"service": {"name": "nim", "port": {"name": "http"}}}}, None, ""),
    ("Ingress", ("spec", "rules", 0, "http", "paths"), [], ("spec", "rules", 0, "http", "paths"), "at least one path"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "path"), "v1", ("spec", "rules", 0, "http", "paths", 0, "path"), "must begin with `/`"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "path"), "/a//b", ("spec", "rules", 0, "http", "paths", 0, "path"), "must not contain `//`"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "path"), "/a/..", ("spec", "rules", 0, "http", "paths", 0, "path"), "must not end in"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "pathType"), "Regex", ("spec", "rules", 0, "http", "paths", 0, "pathType"), "`ImplementationSpecific`"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0), {"pathType": "ImplementationSpecific", "backend": {"service": {"name": "nim", "port": {"name": "http"}}}}, None, ""),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0), {"path": "a", "pathType": "ImplementationSpecific", "backend": {"service": {"name": "nim", "port": {"name": "http"}}}}, ("spec", "rules", 0, "http", "paths", 0, "path"), "must begin with `/`"),
    ("Ingress", ("spec", "rules", 0, "host"), "10.0.0.1", ("spec", "rules", 0, "host"), "not an IP address"),
    ("Ingress", ("spec", "rules", 0, "host"), "*.*.example.com", ("spec", "rules", 0, "host"), "must be a DNS name"),
    ("Ingress", ("spec", "tls", 0, "hosts", 0), "A.example.com", ("spec", "tls", 0, "hosts", 0), "must be a DNS name"),
    ("Ingress", ("spec", "ingressClassName"), "ALB", ("spec", "ingressClassName"), "DNS subdomain"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "backend"), {}, ("spec", "rules", 0, "http", "paths", 0, "backend"), "exactly one of service and resource"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "backend", "service", "name"), "Nim", ("spec", "rules", 0, "http", "paths", 0, "backend", "service", "name"), "the name of a Service"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "backend", "service", "port"), {}, ("spec", "rules", 0, "http", "paths", 0, "backend", "service", "port"), "exactly one of name and number"),
    ("Ingress", ("spec", "rules", 0, "http", "paths", 0, "backend", "service", "port", "number"), 70000, ("spec", "rules", 0, "http", "paths", 0, "backend", "service", "port", "number"), "between 1 and 65535"),
    ("NetworkPolicy", ("spec", "policyTypes", 0), "ingress", ("spec", "policyTypes", 0), "`Ingress`, `Egress`"),
    ("NetworkPolicy", ("spec", "ingress", 0, "from", 0), {}, ("spec", "ingress", 0, "from", 0), "must have a podSelector"),
    ("NetworkPolicy", ("spec", "ingress", 0, "from", 0, "ipBlock"), {"cidr": "10.0.0.0/8"}, ("spec", "ingress", 0, "from", 0), "beside an ipBlock"),
    ("NetworkPolicy", ("spec", "ingress", 0, "from", 0, "podSelector"), {"matchLabels": {"a": "?"}}, ("spec", "ingress", 0, "from", 0, "podSelector", "matchLabels", "a"), "value `?`"),
    ("NetworkPolicy", ("spec", "ingress", 0, "ports", 0, "endPort"), 7999, ("spec", "ingress", 0, "ports", 0, "endPort"), "must not be less than the port 8000"),
    ("NetworkPolicy", ("spec", "ingress", 0, "ports", 1, "endPort"), 9, ("spec", "ingress", 0, "ports", 1, "endPort"), "needs a port that is a number"),
    ("NetworkPolicy", ("spec", "egress", 0, "to", 0, "ipBlock", "cidr"), "10.0.0.0/33", ("spec", "egress", 0, "to", 0, "ipBlock", "cidr"), "must be a CIDR"),
    ("NetworkPolicy", ("spec", "egress", 0, "to", 0, "ipBlock", "except", 0), "x", ("spec", "egress", 0, "to", 0, "ipBlock", "except", 0), "must be a CIDR"),
    ("ConfigMap", ("data", "a b"), "x", ("data", "a b"), "key `a b` of data"),
    ("ConfigMap", ("data", ".."), "x", ("data", ".."), "key `..` of data"),
    ("ConfigMap", ("data", ".x"), "x", None, ""),
    ("ConfigMap", ("binaryData", "a.b_C-d"), "aGk=", ("binaryData", "a.b_C-d"), "is also a key of data"),
    ("ConfigMap", ("data", "big"), "x" * (1024 * 1024), (), "bytes, at most 1048576"),
    ("Secret", ("stringData", ".dockerconfigjson"), "no", ("stringData", ".dockerconfigjson"), "must hold JSON"),
    ("Secret", ("stringData",), {}, ("data",), "data..dockerconfigjson is required"),
    ("Secret", ("type",), "kubernetes.io/tls", ("data",), "data.tls.crt is required"),
    ("Secret", ("type",), "kubernetes.io/basic-auth", ("data",), "data.username or data.password"),
    ("Secret", ("type",), "Opaque", None, ""),
    ("Secret", ("data", "a/b"), "aGk=", ("data", "a/b"), "key `a/b` of data"),
    ("Secret", ("data", ".dockerconfigjson"), "bm8=", None, ""),  # stringData wins
    ("PersistentVolumeClaim", ("spec", "accessModes"), REMOVE, ("spec", "accessModes"), "at least one mode"),
    ("PersistentVolumeClaim", ("spec", "accessModes", 0), "RWX", ("spec", "accessModes", 0), "`ReadWriteMany`"),
    ("PersistentVolumeClaim", ("spec", "accessModes"), ["ReadWriteOncePod", "ReadWriteOnce"], ("spec", "accessModes"), "beside `ReadWriteOncePod`"),
    ("PersistentVolumeClaim", ("spec", "resources"), {}, ("spec", "resources", "requests", "storage"), "is required"),
    ("PersistentVolumeClaim", ("spec", "resources", "requests", "storage"), 0, ("spec", "resources", "requests", "storage"), "greater than zero"),
    ("PersistentVolumeClaim", ("spec", "volumeMode"), "File", ("spec", "volumeMode"), "`Block`, `Filesystem`"),
    ("PersistentVolumeClaim", ("spec", "storageClassName"), "EFS", ("spec", "storageClassName"), "DNS subdomain"),
    ("StorageClass", ("provisioner",), "", ("provisioner",), "is required"),
    ("StorageClass", ("reclaimPolicy",), "Recycle", ("reclaimPolicy",), "`Delete`, `Retain`"),
    ("StorageClass", ("volumeBindingMode",), "Late", ("volumeBindingMode",), "`Immediate`"),
    ("HorizontalPodAutoscaler", ("spec", "minReplicas"), 2, ("spec", "maxReplicas"), "must not be less than minReplicas (2), found 1"),
    ("HorizontalPodAutoscaler", ("spec", "minReplicas"), 0, ("spec", "minReplicas"), "at least 1"),
    ("HorizontalPodAutoscaler", ("spec", "maxReplicas"), 0, ("spec", "maxReplicas"), "at least 1"),
    ("HorizontalPodAutoscaler", ("spec", "scaleTargetRef", "name"), "", ("spec", "scaleTargetRef", "name"), "is required"),
    ("HorizontalPodAutoscaler", ("spec", "metrics", 0, "type"), "CPU", ("spec", "metrics", 0, "type"), "`Resource`"),
    ("HorizontalPodAutoscaler", ("spec", "metrics", 0, "type"), "Pods", ("spec", "metrics", 0), "must have pods and no other source"),
    ("HorizontalPodAutoscaler", ("spec", "metrics", 0, "resource", "target"), {"type": "Utilization"}, ("spec", "metrics", 0, "resource", "target"), "averageUtilization or averageValue"),
    ("HorizontalPodAutoscaler", ("spec", "metrics", 0, "resource", "target", "averageValue"), 1, ("spec", "metrics", 0, "resource", "target"), "only one of averageUtilization and averageValue"),
    ("HorizontalPodAutoscaler", ("spec", "metrics", 0, "resource", "target", "averageUtilization"), 0, ("spec", "metrics", 0, "resource", "target", "averageUtilization"), "greater than zero"),
    ("HorizontalPodAutoscaler", ("spec", "metrics", 0, "resource", "target", "type"), "Percent", ("spec", "metrics", 0, "resource", "target", "type"), "`Utilization`"),
    ("HorizontalPodAutoscaler", ("spec", "metrics", 0, "resource", "target", "type"), "", ("spec", "metrics", 0, "resource", "target", "type"), "is required"),
    ("HorizontalPodAutoscaler", ("spec", "metrics", 1, "pods", "target"), {"type": "Value", "value": 1}, ("spec", "metrics", 1, "pods", "target"), "must have averageValue"),
    ("HorizontalPodAutoscaler", ("spec", "behavior", "scaleDown", "stabilizationWindowSeconds"), 3601, ("spec", "behavior", "scaleDown", "stabilizationWindowSeconds"), "between 0 and 3600"),
    ("HorizontalPodAutoscaler", ("spec", "behavior", "scaleDown", "selectPolicy"), "Best", ("spec", "behavior", "scaleDown", "selectPolicy"), "`Disabled`"),
    ("HorizontalPodAutoscaler", ("spec", "behavior", "scaleDown", "policies", 0, "type"), "Pod", ("spec", "behavior", "scaleDown", "policies", 0, "type"), "`Percent`, `Pods`"),
    ("HorizontalPodAutoscaler", ("spec", "behavior", "scaleDown", "policies", 0, "periodSeconds"), 1801, ("spec", "behavior", "scaleDown", "policies", 0, "periodSeconds"), "between 1 and 1800"),
    ("PodDisruptionBudget", ("spec", "minAvailable"), 1, ("spec",), "only one of minAvailable and maxUnavailable"),
    ("PodDisruptionBudget", ("spec", "maxUnavailable"), "101%", ("spec", "maxUnavailable"), "greater than 100%"),
    ("PodDisruptionBudget", ("spec", "maxUnavailable"), -1, ("spec", "maxUnavailable"), "must not be negative"),
    ("PodDisruptionBudget", ("spec", "selector", "matchExpressions", 0, "operator"), "Gt", ("spec", "selector", "matchExpressions", 0, "operator"), "`DoesNotExist`, found `Gt`"),
    ("PodDisruptionBudget", ("spec", "selector", "matchExpressions", 0, "key"), "a b", ("spec", "selector", "matchExpressions", 0, "key"), "label key `a b`"),
    ("PriorityClass", ("value",), 1_000_000_001, ("value",), "must be at most 1000000000"),
    ("PriorityClass", ("metadata", "name"), "system-x", ("metadata", "name"), "must not begin with `system-`"),
    ("PriorityClass", ("preemptionPolicy",), "Always", ("preemptionPolicy",), "`PreemptLowerPriority`"),
    ("Role", ("rules", 0, "verbs"), [], ("rules", 0, "verbs"), "at least one verb"),
    ("Role", ("rules", 0, "apiGroups"), REMOVE, ("rules", 0, "apiGroups"), "must hold at least one"),
    ("Role", ("rules", 0), {"nonResourceURLs": ["/x"], "verbs": ["get"]}, ("rules", 0, "nonResourceURLs"), "must not be there in a Role"),
    ("ClusterRole", ("rules", 0, "resources"), ["pods"], ("rules", 0, "nonResourceURLs"), "beside resources"),
    ("RoleBinding", ("roleRef", "kind"), "role", ("roleRef", "kind"), "must be `Role` or `ClusterRole`"),
    ("RoleBinding", ("roleRef", "apiGroup"), "v1", ("roleRef", "apiGroup"), "must be `rbac.authorization.k8s.io`"),
    ("RoleBinding", ("roleRef", "name"), "", ("roleRef", "name"), "is required"),
    ("RoleBinding", ("subjects", 0, "namespace"), REMOVE, None, ""),  # only a binding of the cluster has to say it
    ("RoleBinding", ("subjects", 0, "apiGroup"), "rbac.authorization.k8s.io", ("subjects", 0, "apiGroup"), "must be empty"),
    ("RoleBinding", ("subjects", 0, "name"), "A B", ("subjects", 0, "name"), "DNS subdomain"),
    ("RoleBinding", ("subjects", 1, "apiGroup"), "x", ("subjects", 1, "apiGroup"), "must be `rbac.authorization.k8s.io`"),
    ("RoleBinding", ("subjects", 1, "name"), "", ("subjects", 1, "name"), "is required"),
    ("RoleBinding", ("subjects", 1, "kind"), "Team", ("subjects", 1, "kind"), "`ServiceAccount`, `User`, `Group`"),
    ("ClusterRoleBinding", ("roleRef", "kind"), "Role", ("roleRef", "kind"), "must be `ClusterRole`"),
]  # fmt: skip


def judged(document: dict[str, Any], minor: str = "1.34") -> list[Violation]:
    group, _, version = document["apiVersion"].rpartition("/")
    schema = core_schemas(minor).find(group, version, document["kind"])
    assert schema is not None
    return check(document, schema)


def changed(kind: str, path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(GOOD[kind])
    node: Any = document
    for part in path[:-1]:
        node = node.setdefault(part, {}) if isinstance(node, dict) else node[part]
    if value is REMOVE:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return document


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_good_objects_are_good_in_every_version(kind: str) -> None:
    for minor in minor_versions():
        assert judged(GOOD[kind], minor) == [], minor


@pytest.mark.parametrize(("kind", "path", "value", "place", "words"), CASES)
def test_faults(kind: str, path: tuple[Any, ...], value: Any, place: tuple[Any, ...] | None, words: str) -> None:
    found = [violation for violation in judged(changed(kind, path, value)) if violation.keyword == "native"]
    if place is None:
        assert judged(changed(kind, path, value)) == []
        return
    (violation,) = [one for one in found if words in one.message] or found
    assert violation.pointer == place
    assert words in violation.message
    assert not violation.message.endswith(".")


def test_host_ports_with_the_network_of_the_host() -> None:
    document = changed("Pod", (*C, "ports", 0, "hostPort"), 8001)
    assert judged(document) == []
    document["spec"]["hostNetwork"] = True
    (violation,) = judged(document)
    assert "must be the containerPort 8000 when hostNetwork is true, found 8001" in violation.message


def test_secrets_without_data() -> None:
    assert judged(_kind("v1", "Secret")) == []
    assert len(judged(_kind("v1", "Secret", type="kubernetes.io/tls"))) == 2


def test_wrong_types_do_not_reach_native_checks() -> None:
    document = changed("Service", ("spec", "ports"), "none")
    assert {violation.keyword for violation in judged(document)} == {"type"}


@pytest.mark.parametrize(
    ("kind", "path", "value", "words"),
    [
        (
            "PersistentVolumeClaim",
            ("spec", "resources", "requests", "storage"),
            "50GB",
            "must be a quantity such as `500m` or `16Gi`",
        ),
        ("Pod", (*C, "resources", "limits", "memory"), "1 Gi", "must be a quantity"),
        ("Pod", ("spec", "volumes", 3, "emptyDir", "sizeLimit"), "16gi", "must be a quantity"),
        ("Secret", ("data", "k"), "not base64!", "must be base64 text"),
        ("Deployment", ("spec", "strategy", "rollingUpdate", "maxSurge"), 2**31, "must be at most 2147483647"),
    ],
)
def test_values_that_go_decodes_by_code(kind: str, path: tuple[Any, ...], value: Any, words: str) -> None:
    assert [words in violation.message for violation in judged(changed(kind, path, value))] == [True]


@pytest.mark.parametrize("value", ["1", 1, 0.5, "1e3", "1E", ".5", "5.", "+1Ki", "100m", None])
def test_quantities_that_the_server_reads(value: Any) -> None:
    assert judged(changed("Pod", ("spec", "volumes", 3, "emptyDir", "sizeLimit"), value)) == []


def _duplicates() -> Iterator[tuple[str, tuple[Any, ...], Any, bool]]:
    yield "Pod", (*C, "env", 1), {"name": "A"}, True
    yield "Pod", (*C, "ports", 1), {"containerPort": 8000, "protocol": "TCP"}, True
    yield "Pod", (*C, "ports", 1), {"containerPort": 8001}, False
    yield "Pod", (*C, "volumeMounts", 1), {"name": "h", "mountPath": "/v"}, True
    yield "Pod", ("spec", "volumes", 2), {"name": "v"}, True
    yield "Service", ("spec", "ports", 1), {"name": "dns", "port": 8000}, True
    yield "Service", ("spec", "ports", 1), {"name": "dns", "port": 8000, "protocol": "SCTP"}, False


@pytest.mark.parametrize(("kind", "path", "value", "twice"), list(_duplicates()))
def test_keys_of_lists(kind: str, path: tuple[Any, ...], value: Any, twice: bool) -> None:
    found = judged(changed(kind, path, value))
    assert [violation.keyword for violation in found] == (["list-type"] if twice else [])
    if twice:
        assert found[0].pointer == path


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("1,,2 * * * *", None),
        (", * * * *", None),
        ("+1 * * * *", None),
        ("*-5/+2 * * * *", None),
        ("++1 * * * *", "bad minute"),
        ("1-2-3 * * * *", "bad minute"),
        ("* * * * *", None), ("0 0 1,15 * 1-5", None), ("*/15 * ? * ?", None), ("5/10 * * JAN SUN", None), ("@daily", None), ("@every 1h30m", None),
        ("* * * *", "five fields"), ("* * * * * *", "five fields"), ("60 * * * *", "bad minute"), ("* 24 * * *", "bad hour"), ("* * 0 * *", "bad day of the month"),
        ("* * * 13 *", "bad month"), ("* * * * 7", "bad day of the week"), ("*/0 * * * *", "bad minute"), ("5-1 * * * *", "bad minute"), ("a * * * *", "bad minute"),
        ("@sometimes", "descriptor"), ("@every day", "@every"), ("TZ=UTC * * * * *", "timeZone"), ("*-5 * * * *", None), ("1, * * * *", None),
    ],
)  # fmt: skip
def test_schedules(schedule: str, words: str | None) -> None:
    problem = schedule_problem(schedule)
    assert (problem is None) if words is None else (problem is not None and words in problem)


def _paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in entries:
        yield (*path, key)
        yield from _paths(child, (*path, key))


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_no_value_anywhere_makes_a_check_crash(kind: str) -> None:
    for path in _paths(GOOD[kind]):
        if path[0] in ("apiVersion", "kind"):
            continue
        for value in (None, "", "x", 0, -1, {}, [], [None], REMOVE):
            for violation in judged(changed(kind, path, value)):
                assert violation.message
