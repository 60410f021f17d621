"""EFS gives everything to another user than the one that the model runs as.

## What it checks

`uid` and `gid` of a StorageClass of EFS are the `userID` and `groupID` of the NIMCaches and NIMServices whose
claims are in it (1000 and 2000 where they do not say). Classes without them are left alone. Where some of these
agree with the class, it is the others that have to change.

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
from dataclasses import dataclass
from typing import Any

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.storage.claims import Claim, claims, users
from nimfleet.cluster.storage.classes import Driver, StorageClass
from nimfleet.cluster.storage.parameters import owner
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, integer
from nimfleet.report.finding import Severity
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit, rule

USER, GROUP = 1000, 2000
"""Of the NIM operator's pods, where nothing is said."""


@dataclass(frozen=True, slots=True, eq=False)
class _Identity:
    """Who works with a volume: words, the spec that says so and where it is, and its user and group."""

    words: str
    object: KubeObject
    pointer: Pointer
    user: int
    group: int

    def wrong(self, uid: int | None, gid: int | None) -> str:
        """The parameter of the class that is another one; ``""`` when none is."""
        return "uid" if uid not in (None, self.user) else "gid" if gid not in (None, self.group) else ""


def _identities(cluster: Cluster, claim: Claim) -> Iterator[_Identity]:
    if claim.cache is not None:
        item = claim.cache.object
        yield _identity(claim.words, item, ("spec",), get(item.value, "spec"))
    for user in users(cluster, claim):
        if user.service is not None:
            yield _identity(user.words, user.object, user.service.pointer, user.service.spec)


def _identity(words: str, item: KubeObject, pointer: Pointer, spec: Any) -> _Identity:
    user, group = integer(get(spec, "userID"), USER), integer(get(spec, "groupID"), GROUP)
    return _Identity(words, item, pointer, user, group)


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
    """Classes with another user than their claims' pods, or, where some of these agree with the class, the others."""
    found: dict[StorageClass, dict[tuple[str, Pointer], _Identity]] = {}
    for claim in claims(cluster):
        storage_class = claim.storage_class
        if storage_class is not None and storage_class.driver is Driver.EFS:
            of_class = found.setdefault(storage_class, {})
            for identity in _identities(cluster, claim):
                of_class.setdefault((str(identity.object.id), identity.pointer), identity)
    for storage_class, identities in found.items():
        uid, gid = owner(storage_class.parameters)
        wrong = [identity for identity in identities.values() if identity.wrong(uid, gid)]
        if not wrong:
            continue
        belong = f"{uid if uid is not None else 'any'}:{gid if gid is not None else 'any'}"
        if len(wrong) < len(identities):
            for identity in wrong:
                user, group = identity.user if uid is None else uid, identity.group if gid is None else gid
                message = (
                    f"files of StorageClass `{storage_class.name}` belong to {belong}, and {identity.words} runs as "
                    f"{identity.user}:{identity.group}: set `userID: {user}` and `groupID: {group}`"
                )
                field = "userID" if identity.wrong(uid, gid) == "uid" else "groupID"
                yield hit(identity.object, message, (*identity.pointer, field))
            continue
        first = wrong[0]
        message = (
            f"files of this class belong to {belong}, and {first.words} runs as {first.user}:{first.group}: "
            f'set `uid` to "{first.user}" and `gid` to "{first.group}"'
        )
        yield hit(storage_class.object, message, ("parameters", first.wrong(uid, gid)))
