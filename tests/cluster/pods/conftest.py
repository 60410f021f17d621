"""Clusters made of YAML."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from nimfleet.cluster.model import Cluster, Profile, World
from nimfleet.manifest.identity import ObjectId
from nimfleet.manifest.pointer import Pointer
from nimfleet.repository.model import KubeObject, Place


def _place(pointer: Pointer) -> Place:
    raise AssertionError(f"nobody needs the place of {pointer}")


@pytest.fixture(scope="session")
def cluster() -> Callable[[str], Cluster]:
    """``cluster(text)``: a complete cluster of the documents of a text."""

    def make(text: str) -> Cluster:
        objects = []
        for value in yaml.safe_load_all(text):
            identity = ObjectId.of(value)
            assert identity is not None
            objects.append(KubeObject(identity, value, None, "", _place))
        return Cluster("test", World.COMPLETE, Profile.STANDARD, "1.34", {}, tuple(objects))

    return make
