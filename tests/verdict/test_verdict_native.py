# ruff: noqa: E501 - one line a case reads as a table
"""Where nimfleet points to, and with which words, for what the server's own code refuses.

That it refuses these is recorded; the server's words and places are not compared.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from bases import core_bases

from nimfleet.schema.check import check
from nimfleet.schema.core import core_schemas

BASES = {f"{value['kind']}/{value['metadata']['name']}": value for value in core_bases()}
DROP = object()
POD = ("spec", "template", "spec")
MAIN = (*POD, "containers", 0)
HOOK = ("webhooks", 0)
RULES = ("spec", "podFailurePolicy", "rules", 0)
LIMIT = ("spec", "limits", 0)


def _changed(name: str, path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(BASES[name])
    container: Any = document
    for key in path[:-1]:
        container = container[key] if isinstance(container, list) else container.setdefault(key, {})
    if value is DROP:
        del container[path[-1]]
    else:
        container[path[-1]] = value
    return document


# fmt: off
FAULTS: list[tuple[str, tuple[Any, ...], Any, tuple[Any, ...], str]] = [
    ("Namespace/nim", ("spec", "finalizers"), ["x"], ("spec", "finalizers", 0), "must be `kubernetes`"),
    ("Service/web", ("spec", "clusterIP"), "here", ("spec", "clusterIP"), "must be an IP address"),
    ("Service/web", ("spec", "clusterIPs"), ["10.0.0.9"], ("spec", "clusterIPs", 0), "the same as clusterIP"),
    ("Service/web", ("spec", "ipFamilies"), ["IPv4", "IPv4"], ("spec", "ipFamilies", 1), "is there twice"),
    ("Service/web", ("spec", "trafficDistribution"), "Near", ("spec", "trafficDistribution"), "`PreferClose`"),
    ("Service/web", ("spec", "externalIPs"), ["127.0.0.1"], ("spec", "externalIPs", 0), "address of one machine"),
    ("Service/web", ("spec", "healthCheckNodePort"), 30000, ("spec", "healthCheckNodePort"), "needs the type LoadBalancer"),
    ("Service/balanced", ("spec", "ports", 0, "nodePort"), 443, ("spec", "ports", 0, "nodePort"), "between 30000 and 32767"),
    ("Service/balanced", ("spec", "loadBalancerClass"), "a/b/c", ("spec", "loadBalancerClass"), "DNS subdomain"),
    ("Service/elsewhere", ("spec", "ipFamilyPolicy"), "SingleStack", ("spec", "ipFamilyPolicy"), "must not be there"),
    ("PersistentVolumeClaim/cache", ("spec", "dataSourceRef"), {"kind": "Bucket", "name": "a"}, ("spec", "dataSourceRef", "apiGroup"), "is required"),
    ("PersistentVolumeClaim/restored", ("spec", "dataSource", "name"), "", ("spec", "dataSource", "name"), "is required"),
    ("PersistentVolume/models", ("spec", "csi", "driver"), "a b", ("spec", "csi", "driver"), "must be a DNS name"),
    ("PersistentVolume/models", ("spec", "capacity", "cpu"), "1", ("spec", "capacity"), "storage and nothing else"),
    ("PersistentVolume/models", ("spec", "csi"), DROP, ("spec",), "exactly one kind of volume"),
    ("PersistentVolume/pinned", ("spec", "nfs", "path"), "exports", ("spec", "nfs", "path"), "must be absolute"),
    ("StorageClass/efs", ("provisioner",), "a/b/c", ("provisioner",), "DNS subdomain"),
    ("StorageClass/efs", ("allowedTopologies", 0, "matchLabelExpressions"), [], ("allowedTopologies", 0, "matchLabelExpressions"), "repeats"),
    ("ResourceQuota/gpus", ("spec", "hard", "gpus"), "1", ("spec", "hard", "gpus"), "is no resource"),
    ("ResourceQuota/gpus", ("spec", "scopes"), ["Best"], ("spec", "scopes", 0), "`BestEffort`"),
    ("LimitRange/defaults", (*LIMIT, "type"), "Containers", (*LIMIT, "type"), "`Container`"),
    ("LimitRange/defaults", (*LIMIT, "default", "cpu"), "5", (*LIMIT, "default", "cpu"), "must not exceed max.cpu"),
    ("LimitRange/defaults", (*LIMIT, "maxLimitRequestRatio", "cpu"), 41, (*LIMIT, "maxLimitRequestRatio", "cpu"), "max divided by min"),
    ("RuntimeClass/nvidia", ("handler",), "", ("handler",), "must be a DNS label"),
    ("RuntimeClass/nvidia", ("overhead", "podFixed", "cpu"), -1, ("overhead", "podFixed", "cpu"), "must not be negative"),
    ("IngressClass/alb", ("spec", "controller"), "alb", ("spec", "controller"), "a domain and a path"),
    ("IngressClass/alb", ("spec", "parameters", "namespace"), "a", ("spec", "parameters", "namespace"), "when the scope is Cluster"),
    ("NetworkPolicy/web", ("spec", "ingress", 0, "from", 1, "ipBlock", "except"), ["10.1.0.0/24"], ("spec", "ingress", 0, "from", 1, "ipBlock", "except", 0), "must be a part of 10.0.0.0/16"),
    ("HorizontalPodAutoscaler/web", ("spec", "scaleTargetRef", "apiVersion"), "v1", ("spec", "scaleTargetRef", "apiVersion"), "a group and a version"),
    ("HorizontalPodAutoscaler/web", ("spec", "behavior", "scaleUp", "policies"), [], ("spec", "behavior", "scaleUp", "policies"), "at least one policy"),
    ("HorizontalPodAutoscaler/old", ("spec", "targetCPUUtilizationPercentage"), 0, ("spec", "targetCPUUtilizationPercentage"), "greater than zero"),
    ("ClusterRole/aggregated", ("aggregationRule", "clusterRoleSelectors"), [], ("aggregationRule", "clusterRoleSelectors"), "at least one"),
    ("RoleBinding/readers", ("roleRef", "name"), "a/b", ("roleRef", "name"), "nor contain `/`"),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "name"), "check", (*HOOK, "name"), "at least three parts"),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "timeoutSeconds"), 31, (*HOOK, "timeoutSeconds"), "between 1 and 30"),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "sideEffects"), "Some", (*HOOK, "sideEffects"), "`NoneOnDryRun`"),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "rules", 0, "resources"), ["*/*", "pods"], (*HOOK, "rules", 0, "resources"), "beside `*/*`"),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "rules", 0, "resources"), ["pods/*", "pods/log"], (*HOOK, "rules", 0, "resources", 1), "covered by `pods/*`"),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "admissionReviewVersions"), ["v2"], (*HOOK, "admissionReviewVersions"), "must hold `v1`"),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "clientConfig", "service", "path"), "a//b", (*HOOK, "clientConfig", "service", "path"), "must begin with `/`"),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "matchConditions"), [{"name": "a", "expression": "spec.x"}], (*HOOK, "matchConditions", 0, "expression"), "uses `spec`"),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "matchConditions"), [{"name": "a", "expression": "1 +"}], (*HOOK, "matchConditions", 0, "expression"), "cannot be read"),
    ("MutatingWebhookConfiguration/changes", (*HOOK, "clientConfig", "url"), "http://a", (*HOOK, "clientConfig", "url"), "must be https://"),
    ("MutatingWebhookConfiguration/changes", (*HOOK, "reinvocationPolicy"), "Maybe", (*HOOK, "reinvocationPolicy"), "`IfNeeded`"),
    ("APIService/v1beta1.custom.metrics.k8s.io", ("spec", "versionPriority"), 1001, ("spec", "versionPriority"), "between 1 and 1000"),
    ("APIService/v1beta1.custom.metrics.k8s.io", ("metadata", "name"), "v1.custom", ("metadata", "name"), "must be `v1beta1.custom.metrics.k8s.io`"),
    ("Job/migrate", (*RULES, "action"), "Fail", (*RULES, "action"), "`FailIndex`"),
    ("Job/migrate", (*RULES, "onExitCodes", "values"), [0], (*RULES, "onExitCodes", "values", 0), "which is success"),
    ("Job/migrate", (*RULES, "onExitCodes", "values"), [2, 1], (*RULES, "onExitCodes", "values"), "must rise"),
    ("Job/migrate", (*RULES, "onExitCodes", "containerName"), "other", (*RULES, "onExitCodes", "containerName"), "is no container"),
    ("Job/migrate", ("spec", "maxFailedIndexes"), 1, ("spec", "backoffLimitPerIndex"), "is required beside"),
    ("Job/migrate", ("metadata", "name"), "a" * 62, ("metadata", "name"), "number of a pod"),
    ("CronJob/nightly", ("spec", "timeZone"), "Berlin", ("spec", "timeZone"), "`Europe/Berlin`"),
    ("CronJob/nightly", ("spec", "jobTemplate", "spec", "manualSelector"), True, ("spec", "jobTemplate", "spec", "manualSelector"), "must not be true"),
    ("StatefulSet/db", ("spec", "volumeClaimTemplates", 0, "spec", "accessModes"), [], ("spec", "volumeClaimTemplates", 0, "spec", "accessModes"), "at least one mode"),
    ("StatefulSet/db", (*MAIN, "volumeMounts", 0, "name"), "x", (*MAIN, "volumeMounts", 0, "name"), "is not a volume"),
    ("StatefulSet/db", ("metadata", "name"), "a.b", ("metadata", "name"), "DNS label"),
    ("DaemonSet/agent", ("spec", "updateStrategy", "rollingUpdate", "maxSurge"), 1, ("spec", "updateStrategy", "rollingUpdate", "maxSurge"), "needs maxUnavailable: 0"),
    ("DaemonSet/agent", (*MAIN, "securityContext", "allowPrivilegeEscalation"), False, (*MAIN, "securityContext", "allowPrivilegeEscalation"), "when privileged is true"),
    ("Deployment/web", (*POD, "securityContext", "seccompProfile", "type"), "Any", (*POD, "securityContext", "seccompProfile", "type"), "`RuntimeDefault`"),
    ("Deployment/web", (*POD, "securityContext", "runAsUser"), -1, (*POD, "securityContext", "runAsUser"), "between 0 and"),
    ("Deployment/web", (*POD, "securityContext", "sysctls"), [{"name": "*", "value": "1"}], (*POD, "securityContext", "sysctls", 0, "name"), "name of a sysctl"),
    ("Deployment/web", (*POD, "hostAliases"), [{"ip": "here"}], (*POD, "hostAliases", 0, "ip"), "must be an IP address"),
    ("Deployment/web", (*POD, "dnsConfig"), {"nameservers": ["a"]}, (*POD, "dnsConfig", "nameservers", 0), "must be an IP address"),
    ("Deployment/web", (*POD, "os"), {"name": "beos"}, (*POD, "os", "name"), "`linux`"),
    ("Deployment/web", (*POD, "resourceClaims"), [{"name": "gpu"}], (*POD, "resourceClaims", 0), "exactly one of"),
    ("Deployment/web", (*POD, "topologySpreadConstraints", 0, "minDomains"), 0, (*POD, "topologySpreadConstraints", 0, "minDomains"), "at least 1"),
    ("Deployment/web", (*POD, "initContainers", 0, "livenessProbe"), {"exec": {"command": ["a"]}}, (*POD, "initContainers", 0, "livenessProbe"), "needs restartPolicy: Always"),
    ("Deployment/web", (*MAIN, "lifecycle", "preStop"), {}, (*MAIN, "lifecycle", "preStop"), "exactly one of"),
    ("Deployment/web", (*MAIN, "startupProbe", "exec", "command"), [], (*MAIN, "startupProbe", "exec", "command"), "at least one word"),
    ("Deployment/web", (*MAIN, "env", 2, "valueFrom", "fieldRef", "fieldPath"), "spec.x", (*MAIN, "env", 2, "valueFrom", "fieldRef", "fieldPath"), "that the pod knows"),
    ("Deployment/web", (*MAIN, "env", 3, "valueFrom", "resourceFieldRef", "divisor"), "2", (*MAIN, "env", 3, "valueFrom", "resourceFieldRef", "divisor"), "must be one of"),
    ("Deployment/web", (*MAIN, "resources", "claims"), [{"name": "gpu"}], (*MAIN, "resources", "claims", 0, "name"), "none of the pod's"),
    ("Deployment/web", (*POD, "volumes", 1, "configMap", "items", 0, "path"), "../x", (*POD, "volumes", 1, "configMap", "items", 0, "path"), "must be relative"),
    ("Deployment/web", (*POD, "volumes", 4, "projected", "sources", 1, "serviceAccountToken", "expirationSeconds"), 5, (*POD, "volumes", 4, "projected", "sources", 1, "serviceAccountToken", "expirationSeconds"), "between 600"),
    ("Pod/probe", ("spec", "containers", 0, "image"), " a", ("spec", "containers", 0, "image"), "white space"),
]
NEAR: list[tuple[str, tuple[Any, ...], Any]] = [
    ("Deployment/web", (*MAIN, "image"), " a"),  # in a template, the server takes it
    ("Deployment/web", (*MAIN, "env", 2, "valueFrom", "fieldRef", "fieldPath"), "metadata.labels['app']"),
    ("Deployment/web", (*MAIN, "resources", "limits", "memory"), " 256Mi"),  # spaces around a quantity do not count
    ("Deployment/web", (*POD, "imagePullSecrets"), [{}]),
    ("LimitRange/defaults", ("spec", "limits"), None),
    ("LimitRange/defaults", (*LIMIT, "maxLimitRequestRatio", "cpu"), 40),
    ("PersistentVolumeClaim/restored", ("spec", "dataSource", "kind"), "Bucket"),  # dropped
    ("PersistentVolumeClaim/cache", ("spec", "dataSourceRef"), {"kind": "Bucket", "name": "a", "namespace": "b"}),
    ("Ingress/web", ("spec", "tls", 0, "hosts"), ["10.0.0.1"]),
    ("HorizontalPodAutoscaler/web", ("spec", "behavior", "scaleUp", "policies"), None),
    ("HorizontalPodAutoscaler/web", ("status",), {}),
    ("StorageClass/efs", ("allowedTopologies",), []),
    ("CronJob/nightly", ("spec", "timeZone"), "Etc/UTC"),
    ("Job/migrate", ("metadata", "name"), "a" * 61),
    ("Service/elsewhere", ("spec", "ports"), [{"port": 1, "nodePort": 1}]),  # dropped
    ("RoleBinding/readers", ("subjects", 0, "namespace"), DROP),
    ("ValidatingWebhookConfiguration/checks", (*HOOK, "matchConditions"), [{"name": "a", "expression": "object.x.all(i, i > 1)"}]),
]
# fmt: on


def _judged(document: dict[str, Any]) -> list[tuple[tuple[Any, ...], str]]:
    group, _, version = document["apiVersion"].rpartition("/")
    schema = core_schemas("1.36").find(group, version, document["kind"])
    assert schema is not None
    return [(tuple(violation.pointer), violation.message) for violation in check(document, schema)]


@pytest.mark.parametrize(("name", "path", "value", "place", "words"), FAULTS)
def test_faults(name: str, path: tuple[Any, ...], value: Any, place: tuple[Any, ...], words: str) -> None:
    found = _judged(_changed(name, path, value))
    assert any(pointer == place and words in message for pointer, message in found), found


@pytest.mark.parametrize(("name", "path", "value"), NEAR)
def test_near_misses(name: str, path: tuple[Any, ...], value: Any) -> None:
    assert _judged(_changed(name, path, value)) == []


@pytest.mark.parametrize("name", BASES)
def test_the_bases_have_no_fault(name: str) -> None:
    assert _judged(BASES[name]) == []
