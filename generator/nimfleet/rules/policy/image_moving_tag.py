"""The tag of an image moves on.

## What it checks

A tag of an image says a whole version (`1.3.3`), or there is a digest. Names of branches and channels (`main`,
`stable`, `nightly`, and those with `latest` in them) move with each build: asked from profile standard on. Tags of one
or two numbers (`1`, `1.3`) move with each release: asked in profile production. `latest` itself is
policy/image-latest.

## Why it matters

A tag such as `1.3` or `main` is given to each new patch or build. A node that has the old image keeps it, a new node
pulls the new one: replicas differ, and nobody has decided to upgrade.

## Example

```yaml
image:
  repository: nvcr.io/nim/meta/llama-3.1-8b-instruct
  tag: "1.3"
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

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.report.finding import Severity
from nimfleet.rules.hits import hit
from nimfleet.rules.policy.images import images, is_channel, is_line
from nimfleet.rules.registry import Hit, rule


@rule(
    "policy/image-moving-tag",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Images (image names, pull policy); NVIDIA NGC: container tags",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Tags that are given again."""
    if not cluster.profile.covers(Profile.STANDARD):
        return
    production = cluster.profile.covers(Profile.PRODUCTION)
    for image in images(cluster):
        if image.digest:
            continue
        if is_channel(image.tag):
            words = "is a branch or channel, and moves on with each build"
        elif production and is_line(image.tag):
            words = "moves on with each release"
        else:
            continue
        message = (
            f"tag `{image.tag}` of image `{image.name}` {words}, so that replicas may differ; name a whole version, or add "
            "the digest"
        )
        yield hit(image.object, message, image.at)
