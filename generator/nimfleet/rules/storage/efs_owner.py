"""EFS gives everything to another user than the one that the model runs as.

## What it checks

`uid` and `gid` of a StorageClass of EFS are the `userID` and `groupID` of the NIMCaches and NIMServices whose
claims are in it (1000 and 2000 where they do not say). Classes without them are left alone.

## Why it matters

An access point does everything in the name of its own user. A process that runs as another one finds files that
are not its own: it reads and writes them, but cannot change their mode, owner or times, at which downloads and
engines stop.

## Example

```yaml
kind: StorageClass
provisioner: efs.csi.aws.com
parameters:
  uid: "0"
  gid: "0"
```

## Use instead

```yaml
parameters:
  uid: "1000"
  gid: "2000"
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import Claim, claims, users
from nimfleet.cluster.storage.classes import Driver
from nimfleet.cluster.storage.parameters import owner
from nimfleet.manifest.walk import get, integer
from nimfleet.report.finding import Severity
from nimfleet.rules.registry import Hit, rule
from nimfleet.rules.storage import hit

USER, GROUP = 1000, 2000
"""Of the NIM operator's pods, where nothing is said."""


def _identities(cluster: Cluster, claim: Claim) -> Iterator[tuple[str, Any]]:
    """Who works with the volume: words, and a spec."""
    if claim.cache is not None:
        yield claim.words, get(claim.cache.object.value, "spec")
    for user in users(cluster, claim):
        if user.service is not None:
            yield user.words, user.service.spec


@rule(
    "storage/efs-owner",
    subject=Cluster,
    severity=Severity.WARNING,
    source=(
        "aws-efs-csi-driver docs/parameters.md (user identity enforcement); NIM operator, userID "
        "and groupID (1000 and 2000 by default)"
    ),
)
def check(cluster: Cluster) -> Iterator[Hit]:
    """Classes with another user than their claims' pods; the first of each class."""
    told = set()
    for claim in claims(cluster):
        storage_class = claim.storage_class
        if storage_class is None or storage_class.driver is not Driver.EFS or storage_class.name in told:
            continue
        uid, gid = owner(storage_class.parameters)
        for words, spec in _identities(cluster, claim):
            user, group = integer(get(spec, "userID"), USER), integer(get(spec, "groupID"), GROUP)
            wrong = "uid" if uid not in (None, user) else "gid" if gid not in (None, group) else ""
            if wrong:
                told.add(storage_class.name)
                message = (
                    f"files of this class belong to {uid if uid is not None else 'any'}:{gid if gid is not None else 'any'}, "
                    f'and {words} runs as {user}:{group}: set `uid` to "{user}" and `gid` to "{group}"'
                )
                yield hit(storage_class.object, ("parameters", wrong), message)
                break
