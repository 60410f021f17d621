"""Nobody can tell which image runs.

## What it checks

Every image has a tag other than `latest`, or a digest: of NIMService, NIMCache (`modelPuller`), NIMPipeline, NeMo's
objects, and of the containers of Kubernetes' own workloads. Asked from profile minimal on.

## Why it matters

`latest` is what the registry had when a node first pulled it. Two replicas run two versions, a restart is an
upgrade, and a cache that was filled with profiles of one version does not fit the next.

## Example

```yaml
image:
  repository: nvcr.io/nim/meta/llama-3.1-8b-instruct
  tag: latest
```

## Use instead

```yaml
image:
  repository: nvcr.io/nim/meta/llama-3.1-8b-instruct
  tag: 1.3.3
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.images import images
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/image-latest",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Images (image names; avoid `:latest` in production)",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Images without a version."""
    for image in images(cluster):
        if not image.digest and image.tag in ("", "latest"):
            said = "has no tag, which means latest" if not image.tag else "has the tag latest"
            message = f"image `{image.name}` {said}: what runs depends on when it was pulled; name a version"
            yield hit(image.object, message, image.at)
