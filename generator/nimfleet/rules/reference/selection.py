"""Selectors that find nothing: what the rules about them share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nimfleet.cluster.model import Cluster, World
from nimfleet.cluster.references.extract import namespace_of
from nimfleet.cluster.references.resolve import undeclared
from nimfleet.cluster.references.selectors import (
    Labelled,
    in_namespaces,
    is_found,
    is_opaque,
    near_label,
    pods,
)
from nimfleet.manifest.pointer import Pointer
from nimfleet.manifest.walk import get, items, mapping, sequence, text
from nimfleet.repository.model import KubeObject
from nimfleet.rules.hits import hit
from nimfleet.rules.registry import Hit

Among = Callable[[Cluster], Mapping[str, Sequence[Labelled]]]


def misses(
    cluster: Cluster,
    item: KubeObject,
    pointer: Pointer,
    selector: Mapping[str, Any],
    labels: Pointer,
    consequence: str,
    among: Among = pods,
    namespaces: Sequence[str] | None = (),
) -> Iterator[Hit]:
    """A hit when the selector at ``pointer`` finds nothing (``labels`` leads from there to its labels).

    ``namespaces`` are those to look in: none named is the object's own, None is all.
    """
    if not any(selector.values()) or "${" in str(selector):
        return
    own = namespace_of(cluster, item)
    if own in cluster.once(undeclared):
        return  # that is what is wrong
    where = [own] if namespaces is not None and not namespaces else namespaces
    if is_found(cluster, among, where, selector):
        return
    if is_found(cluster, among, sorted(cluster.once(undeclared)), selector):
        return  # they are in a namespace that nobody creates, which is told
    there = list(in_namespaces(cluster, cluster.once(among), where))
    if cluster.world is not World.COMPLETE:
        there = [other for other in there if other.source.folder == item.folder]
    what = "Services" if among is not pods else "pods"
    place = " or ".join(f"`{name}`" for name in where if name) if where else ""
    said = f"there are no {what} with {_wanted(selector)}{f' in namespace {place}' if place else ''}: {consequence}"
    near = near_label(selector, there)
    if near is not None:
        near_hit = f"{said}. Did you mean `{near.other_key}: {near.value}`?"
        yield hit(item, near_hit, (*pointer, *labels, near.key))
    elif where and not any(is_opaque(cluster, name) for name in where):
        yield hit(item, said, pointer)


def _wanted(selector: Mapping[str, Any]) -> str:
    """A selector in words: ``the labels `app: a` and `tier In (b, c)` ``."""
    terms = [f"`{key}: {value}`" for key, value in mapping(selector.get("matchLabels")).items()]
    for _, term in items(selector, "matchExpressions"):
        values = ", ".join(map(str, sequence(term.get("values"))))
        terms.append(f"`{text(term.get('key'))} {text(term.get('operator'))}{f' ({values})' if values else ''}`")
    return f"the label{'s' if len(terms) > 1 else ''} {' and '.join(terms)}"


def monitored(cluster: Cluster, item: KubeObject) -> Sequence[str] | None:
    """The namespaces in which a ServiceMonitor or PodMonitor looks; None for all."""
    chosen = mapping(get(item.value, "spec", "namespaceSelector"))
    if chosen.get("any") is True:
        return None
    names = [text(name) for name in sequence(chosen.get("matchNames")) if text(name)]
    return names or [namespace_of(cluster, item)]
