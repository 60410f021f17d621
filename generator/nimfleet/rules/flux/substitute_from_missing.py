"""Variables come from a ConfigMap or Secret that does not exist.

## What it checks

Each entry of `postBuild.substituteFrom` without `optional: true` names a ConfigMap or Secret in the namespace of the
Kustomization that the repository has, that an ExternalSecret makes, or that nimfleet.toml declares as external.

## Why it matters

Flux cannot build the Kustomization, and applies nothing of it.

## Example

```yaml
postBuild:
  substituteFrom:
    - kind: ConfigMap
      name: cluster-vars   # the repository has cluster-settings
```

## Use instead

Name the one that exists. What Terraform or a person makes is declared in nimfleet.toml:

```yaml # [[external]] # kind = "ConfigMap" # name = "cluster-vars" # namespace = "flux-system" ```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import graph_of
from nimfleet.cluster.flux.substitution import origins
from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.flux import closed, elsewhere
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "flux/substitute-from-missing",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Flux, fluxcd/pkg kustomize, SubstituteVariables: substitute from 'ConfigMap/x' error",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """Sources of variables that nothing answers to."""
    for unit in graph_of(subject).units.values():
        for origin in origins(subject, unit):
            if origin.found or origin.optional:
                continue
            namespace = unit.id.namespace
            candidates = subject.kind("", origin.kind)
            hint = elsewhere(subject, candidates, namespace, origin.name)
            if hint.startswith("there is one"):
                hint = f"Flux looks in namespace `{namespace}` only"
            elif not closed(subject):
                continue
            message = (
                f"there is no {origin.kind} `{namespace}/{origin.name}`, so that {unit.id.name} cannot be built; "
                f"{hint or 'add it, or declare it in nimfleet.toml if something else makes it'}"
            )
            yield hit(unit.kustomization, message, origin.pointer)
