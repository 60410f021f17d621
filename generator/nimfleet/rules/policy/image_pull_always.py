"""A model asks the registry each time it starts.

## What it checks

`image.pullPolicy` of a NIMService (or of an enabled service of a NIMPipeline) and `imagePullPolicy` of a container
with GPUs is not Always where the image has a version or a digest. Asked in profile production.

## Why it matters

The node has the image, and it cannot have changed. With Always, a container that has crashed starts only when
the registry answers and the pull secret is valid, which is when one can least do with it.

## Example

```yaml
image:
  repository: nvcr.io/nim/meta/llama-3.1-8b-instruct
  tag: 1.3.3
  pullPolicy: Always
```

## Use instead

```yaml
pullPolicy: IfNotPresent
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.manifest.walk import get, text
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.images import is_channel, is_line
from nimfleet.rules.policy.pods import models, services
from nimfleet.rules.registry import Hit, rule

_MESSAGE = "the image has a version, and the registry is asked for it at each start all the same; use IfNotPresent"


@rule(
    "policy/image-pull-always",
    subject=Cluster,
    severity=Severity.INFO,
    source="Kubernetes: Images (image pull policy)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Pulls that bring nothing."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for service in services(cluster):
        image = service.spec.get("image")
        if get(image, "pullPolicy") == "Always" and _has_version(
            text(get(image, "repository")), text(get(image, "tag"))
        ):
            yield hit(service.object, _MESSAGE, (*service.at, "image", "pullPolicy"))
    for workload, pointer, container in models(cluster):
        name, at, digest = text(container.get("image")).partition("@")
        tag = name.rpartition("/")[2].partition(":")[2]
        if container.get("imagePullPolicy") == "Always" and _has_version(name + at + digest, tag):
            yield hit(workload.object, _MESSAGE, (*pointer, "imagePullPolicy"))


def _has_version(name: str, tag: str) -> bool:
    """Whether what is pulled can never change: where it can, Always has a meaning."""
    if "@" in name or "sha256" in tag:
        return True
    return tag not in ("", "latest") and not is_channel(tag) and not is_line(tag)
