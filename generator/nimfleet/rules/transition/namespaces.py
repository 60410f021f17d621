"""Who needs a namespace."""

from __future__ import annotations

from nimfleet.rules.transition.change import HELM, Applied, Removal, at


def users(removal: Removal) -> list[Applied]:
    """The objects of today that are in the removed Namespace, or install into it."""
    name = removal.before.id.name
    found = [item for item in removal.cluster.names_after.values() if item.id.namespace == name]
    for release in removal.cluster.has(HELM, "HelmRelease"):
        if at(release.value, "spec", "targetNamespace") == name:
            creates = at(release.value, "spec", "install", "createNamespace") is True
            if not creates:
                found.append(release)
    return found
