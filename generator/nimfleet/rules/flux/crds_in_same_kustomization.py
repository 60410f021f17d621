"""Custom resources are in one Kustomization with the HelmRelease that brings their CRDs.

## What it checks

No Flux Kustomization applies objects of a kind that only a HelmRelease of the same Kustomization makes known. CRDs
that are themselves manifests are fine, as Flux applies those first.

## Why it matters

Flux asks the API server about every object before it applies the first one. It refuses the kind that it does not
know, so that the HelmRelease is not applied either: on an empty cluster nothing ever happens. On a cluster where the
kind is known already it works, which hides the fault until the next cluster.

## Example

```yaml
# one folder, one Kustomization
kind: HelmRelease
metadata:
  name: karpenter-crd
---
kind: NodePool
metadata:
  name: gpu
```

## Use instead

Put the custom resources into a folder and a Kustomization of their own that depends on the one with the HelmRelease,
and let that one wait:

```yaml kind: Kustomization metadata: name: configs spec: path: ./configs dependsOn: - name: controllers # with `wait:
true` ```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.crds import unordered
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import short
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/crds-in-same-kustomization",
    subject=Cluster,
    severity=Severity.ERROR,
    source=("Flux, fluxcd/pkg ssa, ApplyAllStaged: Namespaces and CRDs first, then a dry run of all the rest"),
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Custom resources beside the release of their CRDs; one finding for each API group of a Kustomization."""
    for found in subject.once(unordered):
        if found.together:
            release = found.bringer
            message = (
                f"Kustomization {found.unit.id.name} applies {short(found.item)} and also {short(release)}, "
                f"which brings its CRD: Flux refuses both on an empty cluster; move {found.item.id.kind} to a Kustomization "
                f"that depends on {found.unit.id.name}, which then needs `wait: true`"
            )
            yield hit(found.item, message, ("kind",))
