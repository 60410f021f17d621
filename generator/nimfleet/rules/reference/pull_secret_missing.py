"""A NIM image has no secret to be pulled with.

## What it checks

In a whole cluster, NIMServices, enabled services of NIMPipelines, NIMBuilds and NIMCaches whose image is below
`nvcr.io/nim`: they name a pull secret (`image.pullSecrets`, `source.ngc.pullSecret`).

## Why it matters

NGC gives these images only to those who log in, and the service account that the operator makes has no secret of its own:
the pods stay in ImagePullBackOff, unless somebody has put a key on the nodes.

## Example

```yaml
kind: NIMService
spec:
  image:
    repository: nvcr.io/nim/meta/llama-3.1-8b-instruct
    tag: 1.8.2
```

## Use instead

```yaml
image:
  repository: nvcr.io/nim/meta/llama-3.1-8b-instruct
  tag: 1.8.2
  pullSecrets:
    - ngc-secret
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.models import services
from nimfleet.cluster.nim import NIM
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, sequence, text
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

_REGISTRY = "nvcr.io/nim/"


@rule(
    "reference/pull-secret-missing",
    subject=Cluster,
    severity=Severity.WARNING,
    source="NVIDIA NGC: images of nvcr.io/nim need a login; NVIDIA k8s-nim-operator 3.1.2: image.pullSecrets",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """NIM images without a pull secret."""
    if cluster.world is not World.COMPLETE:
        return  # something that is not in view may add it to all pods
    for item, pointer, image, field in _without(cluster):
        if image.startswith(_REGISTRY):
            message = (
                f"the image `{image}` is pulled without a secret, and NGC gives it to nobody who is not logged in "
                f"(ImagePullBackOff); add `{field}`, such as `ngc-secret`"
            )
            yield hit(item, message, pointer)


def _without(cluster: Cluster) -> Iterator[tuple[KubeObject, Pointer, str, str]]:
    """Objects without a pull secret: where it would be, the image, and the field."""
    for service in cluster.once(services):
        if not any(map(text, sequence(get(service.spec, "image", "pullSecrets")))):
            image = text(get(service.spec, "image", "repository"))
            yield service.object, (*service.pointer, "image"), image, "pullSecrets"
    for item in cluster.kind(NIM, "NIMBuild"):
        if not any(map(text, sequence(get(item.value, "spec", "image", "pullSecrets")))):
            yield item, ("spec", "image"), text(get(item.value, "spec", "image", "repository")), "pullSecrets"
    for item in cluster.kind(NIM, "NIMCache"):
        if not text(get(item.value, "spec", "source", "ngc", "pullSecret")):
            image = text(get(item.value, "spec", "source", "ngc", "modelPuller"))
            yield item, ("spec", "source", "ngc"), image, "pullSecret"
