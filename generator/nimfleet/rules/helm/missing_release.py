"""A release makes objects of a kind that nothing in the cluster brings.

## What it checks

In a whole cluster: the NIM operator with `operator.admissionController.enabled` and `tls.mode: cert-manager`
(the default), or the AWS Load Balancer Controller with `enableCertManager`, has a release of cert-manager
beside it; charts that are told to make a ServiceMonitor have one that brings that kind. `[[external]]` of kind
CustomResourceDefinition in nimfleet.toml counts.

## Why it matters

The API server does not know the kind, and the installation fails.

## Example

```yaml
kind: HelmRelease
metadata:
  name: k8s-nim-operator
spec:
  values:
    operator:
      admissionController:
        enabled: true   # and no cert-manager
```

## Use instead

A HelmRelease of cert-manager, and `dependsOn` it; or the certificate in a Secret:

```yaml
values:
  operator:
    admissionController:
      enabled: true
      tls:
        mode: secret
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.needs import needs
from nimfleet.cluster.helm.releases import declared, releases, releases_of, sees_all
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "helm/missing-release",
    subject=Cluster,
    severity=Severity.ERROR,
    source="the charts' templates: cert-manager Certificates and ServiceMonitors among them",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Releases that need one which is not there."""
    if not sees_all(cluster):
        return
    crds = {item.id.name for item in cluster.kind("apiextensions.k8s.io", "CustomResourceDefinition")}
    for release in releases(cluster):
        for need in needs(release):
            if need.crd in crds or declared(cluster, "CustomResourceDefinition", need.crd):
                continue
            if releases_of(cluster, *need.charts, ""):  # a release without its source may be the one
                continue
            item, pointer = release.at(*need.path)
            message = (
                f"{release.chart} needs {need.charts[0]}, because {need.why}, and there is no release of it: add one, "
                f"or declare the CustomResourceDefinition `{need.crd}` as external in nimfleet.toml"
            )
            yield hit(item, message, pointer)
