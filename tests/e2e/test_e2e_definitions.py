"""A CRD that is rebuilt from schemas is accepted by the server, and means the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from apiserver import ServerError, running
from definitions import FLUX, NOT_OBSERVED, crds, newest, store

from nimfleet.schema.convert import convert

PROJECTS = sorted({release.project for release in store().releases()})


def _meaning(document: dict[str, Any]) -> dict[str, Any]:
    """A schema without ``status``, which is left open, and without which version is stored where no schema says so."""
    found = copy.deepcopy(document)
    found["properties"].pop("status", None)
    found.pop("x-nimfleet")
    found.get("$defs", {}).pop("unknown", None)  # a definition that `status` alone may use
    return found


def test_what_the_server_stores_means_the_same() -> None:
    with running() as server:
        for project in PROJECTS:
            version = newest(project)
            made = crds(project, version)
            server.install(made)
            for crd in made:
                path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}"
                stored = server.request("GET", path).body
                for converted in convert(stored):
                    schema = converted.document["x-kubernetes-group-version-kind"][0]
                    ours = store().find(schema["group"], schema["version"], schema["kind"], {project: version})
                    assert ours is not None
                    assert _meaning(converted.document) == _meaning(ours.document)
                    assert converted.document["x-nimfleet"]["served"] == ours.served


def test_flux_tells_what_nobody_has_looked_at() -> None:
    """Without this default of ``status`` Flux takes a HelmRelease for ready before Helm has begun."""
    for project in FLUX:
        for crd in crds(project, newest(project)):
            for version in crd["spec"]["versions"]:
                assert version["schema"]["openAPIV3Schema"]["properties"]["status"]["default"] == NOT_OBSERVED


def test_a_crd_that_is_not_structural_is_refused() -> None:
    (crd,) = copy.deepcopy(crds("kustomize-controller", newest("kustomize-controller")))
    del crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["type"]
    with running() as server, pytest.raises(ServerError, match="refused"):
        server.install([crd])
