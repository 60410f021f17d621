"""References among objects that lead nowhere, to the wrong namespace, or to a key that is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.references.model import Reference
from nimfleet.cluster.references.resolve import dangling
from nimfleet.cluster.references.words import sentence
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit


def hits(cluster: Cluster, rule: str, consequence: str | Callable[[Reference], str]) -> Iterator[Hit]:
    """What leads nowhere and is this rule's (named without its family); ``consequence`` says what comes of it."""
    for found in cluster.once(dangling).get(rule, ()):
        reference = found.reference
        said = consequence if isinstance(consequence, str) else consequence(reference)
        pointer = found.key.pointer if found.key else reference.pointer
        yield hit(reference.source, sentence(cluster, found, said), pointer)


def of_secret(reference: Reference) -> str:
    """What comes of a Secret or ConfigMap that is not there."""
    kind = reference.source.id.kind
    if reference.role == "pull":
        return "the image cannot be pulled (ImagePullBackOff)"
    if kind in ("NIMService", "NIMPipeline", "NIMCache", "NIMBuild") or "env" in reference.pointer:
        return "its containers do not start (CreateContainerConfigError)"
    if "volumes" in reference.pointer:
        return "its pods stay in ContainerCreating"
    if "envFrom" in reference.pointer:
        return "its containers do not start (CreateContainerConfigError)"
    if kind in ("Ingress", "Gateway"):
        return "there is no certificate to serve"
    return f"the {kind} cannot work without it"
