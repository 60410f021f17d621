"""A value without which the chart cannot work is not set.

## What it checks

In a whole cluster: `settings.clusterName` of Karpenter, `clusterName` of the AWS Load Balancer Controller, and
of the NIM operator what its `tls.mode` needs: `secret.name` and `secret.caBundle`, or `certManager.issuerName`
for issuer types other than `selfsigned`. Releases whose values come from a Secret, or from a ConfigMap that is
not here, are not judged.

## Why it matters

The chart is refused when it is rendered, or the controller ends right after its start.

## Example

```yaml
kind: HelmRelease
metadata:
  name: karpenter
spec:
  values:
    settings:
      interruptionQueue: prod
```

## Use instead

```yaml
values:
  settings:
    clusterName: prod
    interruptionQueue: prod
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.helm.releases import Release, releases
from nimfleet.cluster.model import Cluster, World
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import hit, on
from nimfleet.rules.registry import Hit, rule

_MODES = ("cert-manager", "secret")


def _required(release: Release) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values that must not be empty, and what they are."""
    if release.chart == "karpenter":
        yield ("settings", "clusterName"), "the name of the EKS cluster"
    elif release.chart == "aws-load-balancer-controller":
        yield ("clusterName",), "the name of the EKS cluster"
    elif release.chart == "k8s-nim-operator":
        path = ("operator", "admissionController")
        if release.value(*path, "enabled") is not True:
            return
        mode = release.value(*path, "tls", "mode") or "cert-manager"
        issuer = release.value(*path, "tls", "certManager", "issuerType") or "selfsigned"
        if mode == "secret":
            yield (*path, "tls", "secret", "name"), "the Secret with the webhook's certificate (`tls.mode` is `secret`)"
            yield (*path, "tls", "secret", "caBundle"), "the CA of the webhook's certificate (`tls.mode` is `secret`)"
        elif mode == "cert-manager" and issuer != "selfsigned":
            yield (*path, "tls", "certManager", "issuerName"), f"the issuer (`issuerType` is `{issuer}`)"


@rule(
    "helm/required-value",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("the charts' own values.yaml and templates; NIM operator chart, operator.admissionController.tls"),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Values that are empty or not there."""
    if cluster.world is not World.COMPLETE:
        return
    for release in releases(cluster):
        if not release.whole:
            continue
        mode = release.value("operator", "admissionController", "tls", "mode")
        if release.chart == "k8s-nim-operator" and isinstance(mode, str) and mode not in _MODES and "${" not in mode:
            item, pointer = release.at("operator", "admissionController", "tls", "mode")
            yield hit(item, pointer, f"`tls.mode` is `{mode}`, and the chart knows cert-manager and secret")
        for path, words in _required(release):
            if release.value(*path) in (None, ""):
                message = f"`{'.'.join(path)}` of {release.chart} is not set, which is {words}"
                item, pointer = release.at(*path)
                if release.layers:
                    yield hit(item, pointer, message)
                else:
                    yield on(release, message, "values")
