"""The rules about Helm and storage on objects that their schemas would refuse."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from nimfleet.cluster.model import Cluster, Profile, Unit, World
from nimfleet.manifest.identity import ObjectId
from nimfleet.repository.model import KubeObject, Place
from nimfleet.repository.overlay import Overlay
from nimfleet.rules.registry import all_rules

PROJECT = Path(__file__).resolve().parents[3]
RULES = [rule for name, rule in all_rules().items() if name.startswith(("helm/", "storage/"))]
JUNK = (None, [], {}, "", "text", 7, -1.5, True, [None], [[]], {"a": None}, [{"name": []}])


def sample() -> list[dict[str, Any]]:
    """Objects of every kind that these rules look at."""
    found = []
    for folder in ("sources", "controllers", "configs", "flux", "models/llama-3-1-8b-instruct"):
        for path in sorted((PROJECT / "clusters" / "prod" / folder).glob("*.yaml")):
            found += [value for value in yaml.safe_load_all(path.read_text()) if value.get("kind")]
    pod = {"containers": [{"name": "a", "startupProbe": {"failureThreshold": 999}}], "volumes": []}
    claim = {"accessModes": ["ReadWriteMany"], "storageClassName": "gp2", "resources": {"requests": {"storage": "1Gi"}}}
    found += [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": {"spec": pod}}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}, "spec": claim},
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v"}, "spec": {"storageClassName": "x"}},
        {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "fsx.csi.aws.com"}, "spec": {}},
    ]
    return [value for value in found if value["apiVersion"] != "kustomize.config.k8s.io/v1beta1"]


def pointers(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place below ``value`` except what tells the object's kind."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if (*path, key) not in (("apiVersion",), ("kind",)):
            yield (*path, key)
            yield from pointers(inner, (*path, key))


def replaced(value: dict[str, Any], path: tuple[str | int, ...], junk: Any) -> dict[str, Any]:
    result = copy.deepcopy(value)
    inner: Any = result
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = copy.deepcopy(junk)
    return result


def judged(values: list[dict[str, Any]]) -> int:
    """The number of hits of all rules on a cluster that one Kustomization applies."""
    objects = []
    for value in values:
        identity = ObjectId.of(value)
        assert identity is not None
        objects.append(KubeObject(identity, value, None, "", lambda pointer: Place("file.yaml", 1, 1)))
    units = tuple(
        Unit(item, Overlay("a", "a"), tuple(objects), built=True) for item in objects if item.id.kind == "Kustomization"
    )
    cluster = Cluster("x", World.COMPLETE, Profile.PRODUCTION, "1.34", {}, tuple(objects), units)
    return sum(len(list(rule.check(cluster))) for rule in RULES)


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_no_shape_makes_a_rule_crash(junk: Any) -> None:
    values = sample()
    kinds = set()
    for number, value in enumerate(values):
        if value["kind"] in ("NodePool", "Namespace") or (value["kind"], value["metadata"]["name"]) in kinds:
            continue
        kinds.add((value["kind"], value["metadata"]["name"]))
        # Not every place of every object: those whose number fits the kind of junk, so that all of them take turns.
        for turn, path in enumerate(pointers(value)):
            if turn % 16 == (number + JUNK.index(junk)) % 16 or len(path) < 3:
                judged([*values[:number], replaced(value, path, junk), *values[number + 1 :]])
