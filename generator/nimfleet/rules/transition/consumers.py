"""Which objects a controller works for, by the chart that installs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nimfleet.rules.transition.change import NIM, Applied, at, items, mapping, text

Objects = Mapping[tuple[str, str], Sequence[Applied]]
_Test = Callable[[Any, Objects], bool]


@dataclass(frozen=True, slots=True)
class Controller:
    """What a controller does. ``consumers`` are kinds with a test; ``waits`` says what hangs when such an
    object is deleted and the controller is gone, "" when nothing does; ``stops`` what stops for those that
    stay."""

    consumers: tuple[tuple[str, str, _Test], ...]
    stops: str
    waits: str = ""

    def of(self, objects: Objects) -> Iterator[Applied]:
        """The objects of one side that it works for."""
        for group, kind, test in self.consumers:
            for item in objects.get((group, kind), ()):
                if test(item.value, objects):
                    yield item


def _any(value: Any, objects: Objects) -> bool:
    return True


def _specs(value: Any) -> list[Any]:
    """The spec of a NIMService, or those in a NIMPipeline."""
    services = at(value, "spec", "services")
    return [at(item, "spec") for item in items(services)] if services is not None else [at(value, "spec")]


def _alb(value: Any, objects: Objects) -> bool:
    annotation = mapping(at(value, "metadata", "annotations")).get("kubernetes.io/ingress.class")
    return "alb" in (at(value, "spec", "ingressClassName"), annotation)


def _nlb(value: Any, objects: Objects) -> bool:
    return bool(at(value, "spec", "loadBalancerClass") == "service.k8s.aws/nlb")


def _routed(value: Any, objects: Objects) -> bool:
    """Exposed through an Ingress of class alb, which the NIM operator makes."""
    return any(
        "alb"
        in (
            at(spec, "expose", "router", "ingress", "ingressClass"),
            at(spec, "expose", "ingress", "spec", "ingressClassName"),
        )
        for spec in _specs(value)
    )


def _scaled(value: Any, objects: Objects) -> bool:
    return any(at(spec, "scale", "enabled") is True for spec in _specs(value))


def _monitored(value: Any, objects: Objects) -> bool:
    return any(at(spec, "metrics", "enabled") is True for spec in _specs(value))


def _provisioned(driver: str) -> tuple[tuple[str, str, _Test], ...]:
    def classes(objects: Objects) -> set[str]:
        found = objects.get(("storage.k8s.io", "StorageClass"), ())
        return {item.id.name for item in found if at(item.value, "provisioner") == driver}

    def is_class(value: Any, objects: Objects) -> bool:
        return bool(at(value, "provisioner") == driver)

    def is_volume(value: Any, objects: Objects) -> bool:
        return bool(at(value, "spec", "csi", "driver") == driver)

    def is_claim(value: Any, objects: Objects) -> bool:
        return text(value, "spec", "storageClassName") in classes(objects)

    def claims(value: Any, objects: Objects) -> bool:
        known = classes(objects)
        return any(text(spec, "storage", "pvc", "storageClass") in known for spec in _specs(value))

    return (
        ("storage.k8s.io", "StorageClass", is_class),
        ("", "PersistentVolume", is_volume),
        ("", "PersistentVolumeClaim", is_claim),
        (NIM, "NIMCache", claims),
        (NIM, "NIMService", claims),
    )


def _kinds(group: str, *kinds: str) -> tuple[tuple[str, str, _Test], ...]:
    return tuple((group, kind, _any) for kind in kinds)


def _csi(driver: str) -> Controller:
    return Controller(
        _provisioned(driver),
        stops="no volume of theirs is made or mounted any more, so that no pod with one starts",
        waits="volumes that are to be deleted hang, and what they stand for stays in AWS",
    )


CONTROLLERS: Mapping[str, Controller] = {
    "aws-load-balancer-controller": Controller(
        (
            ("networking.k8s.io", "Ingress", _alb),
            ("", "Service", _nlb),
            *_kinds("elbv2.k8s.aws", "TargetGroupBinding"),
            (NIM, "NIMService", _routed),
            (NIM, "NIMPipeline", _routed),
        ),
        stops="their load balancers follow no change any more",
        waits="Ingresses hang in deletion on its finalizer, and their load balancers stay in AWS and cost",
    ),
    "k8s-nim-operator": Controller(
        _kinds(NIM, "NIMService", "NIMPipeline", "NIMCache", "NIMBuild"),
        stops="nobody acts on them any more",
        waits="they hang in deletion on its finalizers, and with them their namespace",
    ),
    "karpenter": Controller(
        _kinds("karpenter.sh", "NodePool", "NodeClaim") + _kinds("karpenter.k8s.aws", "EC2NodeClass"),
        stops="no node is bought or ended any more",
        waits="they hang in deletion on its finalizers, and their EC2 instances run on and cost",
    ),
    "external-secrets": Controller(
        _kinds("external-secrets.io", "ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore")
        + _kinds("external-secrets.io", "PushSecret"),
        stops="their Secrets are not refreshed any more",
        waits="those with its finalizers hang in deletion",
    ),
    "cert-manager": Controller(
        _kinds("cert-manager.io", "Certificate", "Issuer", "ClusterIssuer"),
        stops="no certificate is issued or renewed any more",
    ),
    "aws-efs-csi-driver": _csi("efs.csi.aws.com"),
    "aws-fsx-csi-driver": _csi("fsx.csi.aws.com"),
    "aws-ebs-csi-driver": _csi("ebs.csi.aws.com"),
    "keda": Controller(
        _kinds("keda.sh", "ScaledObject", "ScaledJob"),
        stops="nothing is scaled any more",
        waits="they hang in deletion on its finalizer",
    ),
    "prometheus-adapter": Controller(
        ((NIM, "NIMService", _scaled), (NIM, "NIMPipeline", _scaled)),
        stops="their autoscaling knows no metric any more, and leaves replicas as they are",
    ),
    "kube-prometheus-stack": Controller(
        (
            *_kinds("monitoring.coreos.com", "ServiceMonitor", "PodMonitor", "PrometheusRule"),
            (NIM, "NIMService", _monitored),
            (NIM, "NIMPipeline", _monitored),
        ),
        stops="nobody collects their metrics any more",
    ),
    "nvidia-device-plugin": Controller(
        _kinds(NIM, "NIMService", "NIMPipeline"),
        stops="nodes offer no nvidia.com/gpu any more, so that none of their pods starts",
    ),
}
