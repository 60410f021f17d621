"""A release does not wait for another that it needs.

## What it checks

A release that makes objects of a kind which another release brings waits for that one: `dependsOn` in the
HelmRelease, or a Kustomization that depends on one which is only ready when the other release is. Needs are:
the NIM operator's webhook and cert-manager, ServiceMonitors and kube-prometheus-stack, Karpenter with
`install.crds: Skip` and karpenter-crd.

## Why it matters

On a new cluster both are installed at once, and the first attempt fails. Whether it is tried again depends on
the retries.

## Example

```yaml
kind: HelmRelease
metadata:
  name: k8s-nim-operator
spec:
  values:
    operator:
      admissionController:
        enabled: true
```

## Use instead

```yaml
dependsOn:
  - name: cert-manager
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.needs import needs
from nimfleet.cluster.helm.order import together, waits_for
from nimfleet.cluster.helm.releases import releases, releases_of
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import hit, on
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/release-order",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Flux, HelmRelease and Kustomization spec.dependsOn; the charts' templates",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Releases that do not wait for what they need."""
    for release in releases(cluster):
        for need in needs(release):
            others = [other for other in releases_of(cluster, *need.charts) if together(cluster, release, other)]
            if not others or any(waits_for(cluster, release, other) for other in others):
                continue
            name = others[0].object.id.name
            message = (
                f"{release.chart} needs {others[0].chart}, because {need.why}, but does not wait for it: "
                f"add `- name: {name}` to `dependsOn`"
            )
            if need.path:
                item, pointer = release.at(*need.path)
                yield hit(item, pointer, message)
            else:
                yield on(release, message, "install", "crds")
