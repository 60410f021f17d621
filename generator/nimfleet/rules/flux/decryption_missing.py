"""An encrypted Secret is applied by a Kustomization that does not decrypt.

## What it checks

A Flux Kustomization that applies Secrets encrypted with SOPS has `decryption`.

## Why it matters

Flux refuses to apply the Secret, and with it everything else of the Kustomization.

## Example

```yaml
kind: Kustomization
metadata:
  name: secrets
spec:
  path: ./secrets   # encrypted with SOPS
```

## Use instead

```yaml
kind: Kustomization
metadata:
  name: secrets
spec:
  path: ./secrets
  decryption:
    provider: sops
    secretRef:
      name: sops-age
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import annotated, graph_of
from nimfleet.cluster.model import Cluster
from nimfleet.manifest.walk import get
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import hit, listed, short, units
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/decryption-missing",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Flux, kustomize-controller 1.9, apply: `is SOPS encrypted, configuring decryption is required`",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """One finding for each Kustomization."""
    graph = graph_of(subject)
    for unit in units(graph):
        if get(unit.kustomization.value, "spec", "decryption"):
            continue
        found = [
            item
            for item in graph.objects(unit)
            if item.id.kind == "Secret" and get(item.value, "sops") and annotated(item, "decrypt").lower() != "disabled"
        ]
        if found:
            message = (
                f"{listed(short(item) for item in found)} is encrypted with SOPS, and {unit.id.name} has no `decryption`: Flux "
                "applies nothing of it; add `decryption` with `provider: sops`"
            )
            yield hit(unit.kustomization, message, "spec")
