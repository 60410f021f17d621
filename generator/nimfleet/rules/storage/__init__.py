"""Storage that models cannot be kept on, or are too slow or too small for: classes, claims, sizes and the time to start."""

from __future__ import annotations

from collections.abc import Sequence

from nimfleet.cluster.storage.claims import Claim, User
from nimfleet.cluster.storage.classes import StorageClass


def behind(claim: Claim) -> str:
    """Words for what stores a claim's data: ``StorageClass `gp3` (EBS)``."""
    name = claim.class_name or (claim.storage_class.name if claim.storage_class else "")
    return f"StorageClass `{name}` ({claim.driver.value})" if claim.driver.value else f"StorageClass `{name}`"


def mounted_by(users: Sequence[User]) -> str:
    """Words for who mounts a claim."""
    return ", ".join(f"{user.words} ({user.pods} pods)" if user.pods > 1 else user.words for user in users)


def used_by(storage_class: StorageClass, claims: Sequence[Claim]) -> Claim | None:
    """The first of ``claims`` in this class."""
    return next((claim for claim in claims if claim.storage_class is storage_class), None)
