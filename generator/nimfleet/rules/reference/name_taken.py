"""The NIM operator makes an object under a name that is taken.

## What it checks

NIMServices, and enabled services of NIMPipelines: no other of them has the same name in the namespace, and no
Deployment or Service of that name is declared.

## Why it matters

A NIMPipeline stops with an error at a NIMService that is not its own; a declared Deployment or Service and the
operator overwrite each other for ever.

## Example

```yaml
kind: NIMService
metadata:
  name: llama
---
kind: Service
metadata:
  name: llama
```

## Use instead

```yaml
kind: Service
metadata:
  name: llama-public
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.nim import NIM
from nimfleet.cluster.references.extract import namespace_of
from nimfleet.cluster.references.made import services_of
from nimfleet.cluster.references.model import DEPLOYMENT, SERVICE
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import items
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule


@rule(
    "reference/name-taken",
    subject=Cluster,
    severity=Severity.ERROR,
    source=(
        "NVIDIA k8s-nim-operator 3.1.2: Deployment and Service of a NIMService have its name; NIMPipeline "
        "does not update NIMServices of others"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Names that two would make."""
    owners: dict[tuple[str, str], KubeObject] = {}
    for item in (*cluster.kind(NIM, "NIMService"), *cluster.kind(NIM, "NIMPipeline")):
        namespace = namespace_of(cluster, item)
        for name, spec in services_of(item):
            first = owners.setdefault((namespace, name), item)
            if first.id != item.id and first.overlay is item.overlay:
                message = (
                    f"{item.id} makes a NIMService `{name}`, and {first.id} is or makes one, too: the operator refuses to touch "
                    "what is not its own; give one of them another name"
                )
                yield hit(item, message, _name_pointer(item, name))
            for target in (SERVICE, DEPLOYMENT):
                taken = cluster.find(*target.key, item.id.namespace, name)
                if taken is None or (target is DEPLOYMENT and "multiNode" in spec):
                    continue
                message = (
                    f"the operator makes a {target.kind} `{name}` for {item.id}: it and whoever applies this one overwrite each "
                    "other; give this one another name"
                )
                yield hit(taken, message, ("metadata", "name"))


def _name_pointer(item: KubeObject, name: str) -> Pointer:
    for pointer, service in items(item.value, "spec", "services"):
        if service.get("name") == name:
            return (*pointer, "name")
    return ("metadata", "name")
