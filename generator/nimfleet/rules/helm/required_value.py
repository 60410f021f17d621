"""A value without which the chart cannot work is not set.

## What it checks

In a whole cluster: `settings.clusterName` of Karpenter, `clusterName` of the AWS Load Balancer Controller,
`prometheus.url` of prometheus-adapter where nothing is at the chart's default, and of the NIM operator what its
`tls.mode` needs: `secret.name` and `secret.caBundle`, or `certManager.issuerName` for issuer types other than
`selfsigned`. Releases whose values come from a Secret, or from a ConfigMap that is not here, are not judged.

## Why it matters

The chart is refused when it is rendered, or the controller ends right after its start, or looks in the wrong place.

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

from nimfleet.cluster.helm.releases import Layer, Release, releases
from nimfleet.cluster.helm.required import TLS_MODES, unset
from nimfleet.cluster.helm.shapes import UnknownKey, known, unknown_keys
from nimfleet.cluster.model import Cluster, World
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.helm import on
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


def _slip(release: Release, path: tuple[str, ...]) -> tuple[Layer, UnknownKey] | None:
    """The misspelt key that was to be the value at ``path``."""
    about = known(release)
    for layer in release.layers if about is not None else ():
        for fault in unknown_keys(layer.values, about.values.values if about else {}):
            if fault.hint == ".".join(path):
                return layer, fault
    return None


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
        mode = release.value("operator", "admissionController", "tls", "mode") if release.whole else None
        if release.chart == "k8s-nim-operator" and isinstance(mode, str) and mode not in TLS_MODES and "${" not in mode:
            item, pointer = release.at("operator", "admissionController", "tls", "mode")
            yield hit(item, f"`tls.mode` is `{mode}`, and the chart knows cert-manager and secret", pointer)
        for path, words in unset(cluster, release):
            message = f"`{'.'.join(path)}` of {release.chart} is not set, which is {words}"
            slip = _slip(release, path)
            if slip is not None:
                layer, fault = slip
                there = (*layer.pointer, *(fault.path if layer.precise else ()))
                yield hit(layer.object, f"{message}: there is `{'.'.join(fault.path)}` instead", there)
            elif any(get(release.values, *path[:length]) is not None for length in range(1, len(path) + 1)):
                item, pointer = release.at(*path)
                yield hit(item, f"{message}: set it", pointer)
            else:
                yield on(release, f"{message}: set it", "values")
