"""Prometheus does not take up a monitor or its rules.

## What it checks

Where a HelmRelease installs kube-prometheus-stack: ServiceMonitors, PodMonitors and PrometheusRules, and the
ServiceMonitors that NIMServices make (`metrics`), have the labels that its Prometheus selects by. By default that is
`release: <name of the release>`; with `serviceMonitorSelectorNilUsesHelmValues: false` (and the like for the other
kinds), it is all.

## Why it matters

There are no metrics, and what scales or alerts by them does nothing, without an error anywhere.

## Example

```yaml
kind: HelmRelease
metadata:
  name: kube-prometheus-stack
---
kind: NIMService
spec:
  metrics:
    enabled: true
    serviceMonitor:
      interval: 30s
```

## Use instead

```yaml
kind: HelmRelease
spec:
  values:
    prometheus:
      prometheusSpec:
        serviceMonitorSelectorNilUsesHelmValues: false
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.brought import releases
from nimfleet.cluster.references.selectors import selects
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, mapping
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_GROUP = "monitoring.coreos.com"
_PREFIXES = {"ServiceMonitor": "serviceMonitor", "PodMonitor": "podMonitor", "PrometheusRule": "rule"}


@rule(
    "reference/monitor-unselected",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "kube-prometheus-stack 88.5, values prometheus.prometheusSpec.*SelectorNilUsesHelmValues; NVIDIA "
        "k8s-nim-operator 3.1.2: additionalLabels of a serviceMonitor"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Labels that Prometheus does not select by."""
    stacks = [release for release in cluster.once(releases) if release.chart == "kube-prometheus-stack"]
    if len(stacks) != 1 or cluster.kind(_GROUP, "Prometheus"):
        return
    (stack,) = stacks
    if get(stack.source.value, "spec", "valuesFrom"):
        return
    chosen = mapping(get(stack.source.value, "spec", "values", "prometheus", "prometheusSpec"))
    for kind, prefix in _PREFIXES.items():
        selector = _selector(chosen, prefix, stack.name)
        missed = [
            (item, pointer)
            for item, pointer, labels in (_monitors(cluster, kind) if selector else ())
            if not selects(selector, {str(key): frozenset({str(value)}) for key, value in labels.items()})
        ]
        if missed:
            item, pointer = missed[0]
            others = f" and {len(missed) - 1} more" if len(missed) > 1 else ""
            wanted = ", ".join(f"{key}: {value}" for key, value in mapping(selector.get("matchLabels")).items())
            switch = (
                "" if chosen.get(f"{prefix}Selector") else f" or set `{prefix}SelectorNilUsesHelmValues: false` there"
            )
            what = str(item.id) if item.id.kind == kind else f"the {kind} of {item.id}"
            message = (
                f"Prometheus of HelmRelease `{stack.source.id.name}` passes over {what}{others}: it lacks the labels that are "
                f"selected by (`{wanted or 'matchExpressions'}`). Add them{switch}"
            )
            yield hit(item, message, pointer)


def _selector(chosen: Mapping[str, Any], prefix: str, release: str) -> Mapping[str, Any]:
    """What the chart makes Prometheus select by; empty for everything."""
    own = mapping(chosen.get(f"{prefix}Selector"))
    if own or chosen.get(f"{prefix}SelectorNilUsesHelmValues") is False:
        return own
    return {"matchLabels": {"release": release}}


def _monitors(cluster: Cluster, kind: str) -> Iterator[tuple[KubeObject, Pointer, Mapping[str, Any]]]:
    for item in cluster.kind(_GROUP, kind):
        yield item, ("metadata", "name"), mapping(get(item.value, "metadata", "labels"))
    for item in cluster.kind("apps.nvidia.com", "NIMService") if kind == "ServiceMonitor" else ():
        metrics = mapping(get(item.value, "spec", "metrics"))
        if metrics.get("enabled") is True:
            labels = mapping(get(item.value, "spec", "labels"))
            more = mapping(get(metrics, "serviceMonitor", "additionalLabels"))
            yield item, ("spec", "metrics", "serviceMonitor"), {**labels, **more}
