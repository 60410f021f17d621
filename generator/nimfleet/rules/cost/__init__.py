"""What the nodes cost, and whether that is what was agreed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nimfleet.cluster.model import Cluster
from nimfleet.cluster.scheduling.model import Bill, NodeCount
from nimfleet.manifest.parse import Document
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.environments import ENVIRONMENT_FILE
from nimfleet.repository.model import Place
from nimfleet.rules.registry import Hit


def on_intent(cluster: Cluster, message: str, *path: str) -> Iterator[Hit]:
    """A hit at ``path`` of the cluster's environment.yaml."""
    document = environment(cluster)
    if document is not None:
        pointer: Pointer = path
        position = document.position(pointer)
        yield Hit(Place(document.file, position.line, position.column), message, "", pointer)


def environment(cluster: Cluster) -> Document | None:
    """The environment.yaml that the cluster is rendered from."""
    wanted = f"{cluster.name}/{ENVIRONMENT_FILE}"
    return next((document for document in cluster.documents if document.file == wanted), None)


def total(nodes: Iterable[NodeCount]) -> float:
    """USD an hour of all nodes whose price is known."""
    return sum(node.usd_hour for node in nodes if node.usd_hour is not None)


def without_price(bill: Bill) -> list[str]:
    """Instance types whose price is not known, sorted."""
    return sorted({node.instance_type for node in bill.ceiling + bill.steady if node.usd_hour is None})


def listed(nodes: Iterable[NodeCount]) -> str:
    """``4 x g6e.xlarge, 2 x p5.4xlarge``: what costs most first."""
    ordered = sorted(nodes, key=lambda node: (-(node.usd_hour or 0.0), node.instance_type, node.pool))
    return ", ".join(f"{node.count} x {node.instance_type}" for node in ordered)
