"""A namespace is used that nobody creates.

## What it checks

Namespaces of all objects, and `targetNamespace` of HelmReleases and Kustomizations: each is declared, created by a
HelmRelease (`install.createNamespace`), or part of every cluster. Where only part of a cluster is in view, only a
declared namespace that nothing is in, and that has nearly the name, is reported.

## Why it matters

Flux's dry run is refused, and nothing of that Kustomization is applied; a Helm release fails.

## Example

```yaml
kind: Namespace
metadata:
  name: nim-services
---
kind: NIMService
metadata:
  namespace: nim-service
```

## Use instead

```yaml
kind: Namespace
metadata:
  name: nim-service
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.references.brought import external
from nimfleet.cluster.references.extract import is_cluster_scoped, references
from nimfleet.cluster.references.model import NAMESPACE
from nimfleet.cluster.references.resolve import things
from nimfleet.cluster.references.spelling import misspelt
from nimfleet.manifest.pointer import Pointer
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule
from nimfleet.suggest import nearest


@rule(
    "reference/namespace",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "Kubernetes 1.34: objects cannot be created in a namespace that does not exist; Flux: install.createNamespace"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Each namespace once, at its first object."""
    known = {thing.name for thing in cluster.once(things).of(NAMESPACE)}
    used: dict[str, list[tuple[KubeObject, Pointer]]] = {}
    for item in cluster.objects:
        if item.id.namespace and not is_cluster_scoped(item) and "${" not in item.id.namespace:
            used.setdefault(item.id.namespace, []).append((item, ("metadata", "namespace")))
    for reference in cluster.once(references):
        if reference.target is NAMESPACE:
            used.setdefault(reference.name, []).append((reference.source, reference.pointer))
    for name, users in used.items():
        if name in known or external(cluster, NAMESPACE, "", name) is not None:
            continue
        idle = [other for other in sorted(known - used.keys()) if misspelt(name, other)]
        whole = cluster.world is World.COMPLETE
        if not whole and not any(_together(cluster, other, users) for other in idle):
            continue
        item, pointer = users[0]
        yield hit(item, _message(name, users, idle, nearest(name, known)), pointer)


def _together(cluster: Cluster, name: str, users: list[tuple[KubeObject, Pointer]]) -> bool:
    """Whether a namespace is declared beside something that was perhaps meant to be in it."""
    declared = cluster.find("", "Namespace", "", name)
    return declared is not None and any(declared.folder == item.folder for item, _ in users)


def _message(name: str, users: list[tuple[KubeObject, Pointer]], idle: list[str], near: str | None) -> str:
    more = f" and {len(users) - 1} more" if len(users) > 1 else ""
    said = f"nobody creates the namespace `{name}` of {users[0][0].id}{more}: nothing can be applied there"
    if idle:
        return f"{said}. Did you mean `{idle[0]}`, which is declared and empty?"
    if near:
        return f"{said}. Did you mean `{near}`?"
    return (
        f"{said}. Declare it, or say in nimfleet.toml that the cluster has it: `[[external]]` with "
        f'kind = "Namespace", name = "{name}"'
    )
