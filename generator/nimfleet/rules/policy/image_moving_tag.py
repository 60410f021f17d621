"""The tag of an image moves on.

## What it checks

A tag of an image says a whole version (`1.3.3`), or there is a digest: tags of one or two numbers (`1`, `1.3`),
names of branches and channels (`main`, `stable`, `nightly`) and those with `latest` in them move. `latest` itself is
policy/image-latest. Asked in profile production.

## Why it matters

A tag such as `1.3` is given to each new patch. A node that has the old image keeps it, a new node pulls the new one:
replicas differ, and nobody has decided to upgrade.

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

import re
from collections.abc import Iterator

from nimfleet.cluster.model import Cluster, Profile
from nimfleet.report.finding import Severity
from nimfleet.rules.policy import hit
from nimfleet.rules.policy.images import images
from nimfleet.rules.registry import Hit, rule

_MOVING = re.compile(
    r"v?[0-9]+(\.[0-9]+)?|main|master|head|dev|develop|stable|nightly|edge|canary|rolling|mainline|lts|current|release|"
    r"prod|production|staging|latest[-.].+|.+[-.]latest",
    re.ASCII | re.IGNORECASE,
)
_DATE = re.compile(r"v?[0-9]{6,}", re.ASCII)


@rule(
    "policy/image-moving-tag",
    subject=Cluster,
    severity=Severity.WARNING,
    source="Kubernetes: Images (image names, pull policy); NVIDIA NGC: container tags",
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Tags that are given again."""
    if not cluster.profile.covers(Profile.PRODUCTION):
        return
    for image in images(cluster):
        if not image.digest and _MOVING.fullmatch(image.tag) and not _DATE.fullmatch(image.tag):
            message = (
                f"tag `{image.tag}` of image `{image.name}` moves on with each release, so that replicas may differ; name a "
                "whole version, or add the digest"
            )
            yield hit(image.object, message, image.at)
