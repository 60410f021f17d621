"""A load balancer sends to ports of nodes that a Service does not have.

## What it checks

Ingresses of the AWS Load Balancer Controller, also those that the NIM operator makes for `expose.ingress` and
`expose.router`: with the target type `instance` (the annotation `alb.ingress.kubernetes.io/target-type`, else the chart's
`defaultTargetType`, which is `instance`), their Services are of type NodePort or LoadBalancer. An annotation of the Service
counts before that of the Ingress. Where IngressClassParams say something of target types, nothing is reported.

## Why it matters

The controller refuses the Ingress (`TargetGroup port is empty`), and there is no load balancer.

## Example

```yaml
kind: NIMService
spec:
  expose:
    service:
      type: ClusterIP
    router:
      annotations:
        alb.ingress.kubernetes.io/target-type: instance
      ingress:
        ingressClass: alb
```

## Use instead

```yaml
annotations:
  alb.ingress.kubernetes.io/target-type: ip
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.helm.releases import releases_of
from nimfleet.cluster.model import Cluster
from nimfleet.cluster.models import services
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_TYPE = "alb.ingress.kubernetes.io/target-type"
_CONTROLLER = "ingress.k8s.aws/alb"
_CHART = "aws-load-balancer-controller"


@dataclass(frozen=True, slots=True, eq=False)
class _Ingress:
    """An Ingress that is written, or that the NIM operator makes of a part of ``object``; ``backends`` are names, types and
    annotations of its Services."""

    object: KubeObject
    annotations: Pointer
    class_name: str
    class_pointer: Pointer
    backends: tuple[tuple[str, str, Mapping[str, Any]], ...]


@rule(
    "reference/ingress-target",
    subject=Cluster,
    severity=Severity.ERROR,
    source="AWS Load Balancer Controller 3.5: annotation target-type, and defaultTargetType of its chart",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Ingresses to ports of nodes that are not there."""
    if any(get(item.value, "spec", "targetType") for item in cluster.kind("elbv2.k8s.aws", "IngressClassParams")):
        return
    for ingress in _ingresses(cluster):
        if not _is_alb(cluster, ingress.class_name):
            continue
        own = text(get(ingress.object.value, *ingress.annotations, _TYPE))
        for name, kind, notes in ingress.backends:
            target = text(notes.get(_TYPE)) or own or _default(cluster)
            if target != "instance" or kind not in ("", "ClusterIP"):
                continue
            at = (*ingress.annotations, _TYPE) if own else ingress.class_pointer
            default = "" if own or notes.get(_TYPE) else ", the default"
            message = (
                f"the load balancer sends to ports of nodes (target type `instance`{default}), and Service `{name}` of type "
                f"ClusterIP has none: the controller refuses it; set the annotation `{_TYPE}: ip`"
            )
            yield hit(ingress.object, message, at)
            break


def _ingresses(cluster: Cluster) -> Iterator[_Ingress]:
    for item in cluster.kind("networking.k8s.io", "Ingress"):
        spec = mapping(get(item.value, "spec"))
        annotations: Pointer = ("metadata", "annotations")
        name, at = text(spec.get("ingressClassName")), ("spec", "ingressClassName")
        if not name:
            name, at = text(get(item.value, *annotations, "kubernetes.io/ingress.class")), ("spec", "rules")
        if name:
            yield _Ingress(item, annotations, name, at, tuple(_backends(cluster, item, spec)))
    for service in cluster.once(services):
        kind = text(get(service.spec, "expose", "service", "type"))
        backend = (service.name, kind, mapping(get(service.spec, "expose", "service", "annotations")))
        top = (*service.pointer, "expose")
        for part, path in (
            ("ingress", ("ingress", "spec", "ingressClassName")),
            ("router", ("router", "ingress", "ingressClass")),
        ):
            name = text(get(service.spec, "expose", *path))
            if name and (part == "router" or get(service.spec, "expose", "ingress", "enabled") is True):
                yield _Ingress(service.object, (*top, part, "annotations"), name, (*top, *path), (backend,))


def _backends(
    cluster: Cluster, item: KubeObject, spec: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Those Services of an Ingress whose type is known, with their annotations."""
    names = [text(get(spec, "defaultBackend", "service", "name"))]
    for _, rule_ in items(spec, "rules"):
        names += [text(get(path, "backend", "service", "name")) for _, path in items(rule_, "http", "paths")]
    for name in dict.fromkeys(name for name in names if name):
        found = cluster.find("", "Service", item.id.namespace, name)
        if found is not None:
            annotations = mapping(get(found.value, "metadata", "annotations"))
            yield name, text(get(found.value, "spec", "type")), annotations
            continue
        made = (other for other in cluster.once(services) if (other.namespace, other.name) == (item.id.namespace, name))
        for service in made:
            expose = mapping(get(service.spec, "expose", "service"))
            yield name, text(expose.get("type")), mapping(expose.get("annotations"))


def _is_alb(cluster: Cluster, name: str) -> bool:
    found = cluster.find("networking.k8s.io", "IngressClass", "", name)
    if found is not None:
        return text(get(found.value, "spec", "controller")) == _CONTROLLER
    return any(name == (release.value("ingressClass") or "alb") for release in releases_of(cluster, _CHART))


def _default(cluster: Cluster) -> str:
    """The target type where no annotation says any; ``""`` when it is not known."""
    found = releases_of(cluster, _CHART)
    if not found or not all(release.whole for release in found):
        return ""
    return text(found[0].value("defaultTargetType")) or "instance"
