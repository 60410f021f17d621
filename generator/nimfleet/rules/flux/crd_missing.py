"""Nothing brings the CRD of a custom resource.

## What it checks

In a whole cluster, for each object of an API group that a well-known chart brings (the NIM operator, Karpenter, External
Secrets, cert-manager, KEDA, the Prometheus operator and so on): there is a HelmRelease of such a chart, or a
CustomResourceDefinition, or a line about it in nimfleet.toml. A NIMService with `metrics.enabled` needs the CRD of the
ServiceMonitor that its operator makes. Where there are charts that nimfleet does not know, nothing is reported, as they may
bring it.

## Why it matters

Flux fails for ever with `no matches for kind`, and applies nothing of that Kustomization. The NIM operator stops before it
makes the Deployment of a model whose ServiceMonitor it cannot make.

## Example

```yaml
kind: PrometheusRule   # and no kube-prometheus-stack
apiVersion: monitoring.coreos.com/v1
```

## Use instead

A HelmRelease of kube-prometheus-stack; or, when something else installs the CRDs:

```toml
[[external]]
kind = "CustomResourceDefinition"
name = "prometheusrules.monitoring.coreos.com"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.missing_crds import Missing, missing
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import listed, short
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/crd-missing",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34: a kind is served once its CustomResourceDefinition is there; the charts' CRDs; NVIDIA "
        "k8s-nim-operator 3.1.2: nimservice.go"
    ),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """One finding for each chart that is not there."""
    for found in subject.once(missing):
        yield hit(found.item, _message(found), found.pointer)


def _message(found: Missing) -> str:
    charts = " or ".join(f"`{chart}`" for chart in found.charts)
    others = f" (also {listed(short(item) for item in found.others)})" if found.others else ""
    declare = "declare its CustomResourceDefinition in nimfleet.toml when something else installs it"
    if found.pointer == ("kind",):
        said = f"nothing here brings the CRD of {found.kind}, so that Flux can never apply {short(found.item)}{others}"
    else:
        said = (
            f"the NIM operator makes a {found.kind} of this, and nothing here brings the CRD of that kind: it stops before the "
            f"Deployment of {short(found.item)}{others}"
        )
        declare = "set `metrics.enabled: false`"
    return f"{said}; add a release of chart {charts}, or {declare}"
