"""A variable has no value, so that Flux puts nothing in its place.

## What it checks

In what a Kustomization with `postBuild` builds, each `${NAME}` has a value in `substitute` or in a ConfigMap or
Secret of `substituteFrom`, or a default (`${NAME:=value}`). Nothing is said where the keys of one of those are not
known, nor about objects with `kustomize.toolkit.fluxcd.io/substitute: disabled`.

## Why it matters

Flux fills in an empty text, without a word. The manifest may still be valid, and then is wrong in the cluster;
variables of shell scripts in ConfigMaps go the same way.

## Example

```yaml
postBuild:
  substitute:
    region: us-west-2   # the manifests have ${REGION}
```

## Use instead

```yaml
postBuild:
  substitute:
    REGION: us-west-2
```

Write `$${REGION}` where a shell is to see `${REGION}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.flux.graph import Graph, graph_of
from nimfleet.cluster.flux.substitution import names, origins, substituted, substitutes
from nimfleet.cluster.model import Cluster, Unit
from nimfleet.manifest.pointer import Pointer
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject, Place
from nimfleet.repository.variables import escaped, left
from nimfleet.rules.flux import may_be_patched, units
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import nearest


@rule(
    "flux/undefined-variable",
    subject=Cluster,
    severity=Severity.ERROR,
    source="Flux, fluxcd/pkg kustomize, SubstituteVariables, and envsubst: what is not set is empty",
)
def check(subject: Cluster) -> Iterator[Hit]:
    """One finding for each place that is left; an overlay that two Kustomizations build alike is told once."""
    graph = graph_of(subject)
    told: set[tuple[KubeObject, Pointer, str]] = set()
    for unit in units(graph):
        found = list(origins(subject, unit))
        if (
            not substitutes(unit, found)
            or any(origin.keys is None for origin in found)
            or may_be_patched(subject, unit)
        ):
            continue
        known = names(unit).union(*(origin.keys or () for origin in found))
        for item, pointer, name in _left(graph, unit):
            if name in known or (item, pointer, name) in told:
                continue
            told.add((item, pointer, name))
            place = item.place(pointer)
            if not escaped(_line(subject, place), name):
                near = nearest(name, known)
                hint = f"did you mean `{near}`?" if near else "add it there, or give it a default"
                message = f"`${{{name}}}` has no value in `postBuild` of {unit.id.name}, so that Flux puts nothing there; {hint}"
                yield Hit(place, message, str(item.id), pointer)


def _left(graph: Graph, unit: Unit) -> Iterator[tuple[KubeObject, Pointer, str]]:
    for item in substituted(graph, unit):
        for pointer, name in left(item.value):
            yield item, pointer, name


def _line(cluster: Cluster, place: Place) -> str:
    """The text that is written from a place on."""
    source = cluster.files.read(place.file) if cluster.files is not None else None
    lines = (source.text or "").splitlines() if source is not None else []
    first = lines[place.line - 1] if place.line <= len(lines) else ""
    indent = len(first) - len(first.lstrip())
    block = [first]
    for line in lines[place.line :]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        block.append(line)
    return "\n".join(block)
