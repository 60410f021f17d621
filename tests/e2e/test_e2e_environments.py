"""Our environments, and one that copier makes, come up as nimfleet says they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sops
from compare import differences
from fleet import KUSTOMIZATIONS, Fleet, bootstrap, copied, flux, key_of, nimfleet
from fresh import fresh
from order import dependencies, violations

from nimfleet.cluster.flux.bootstrap import bootstrap_of
from nimfleet.cluster.model import Cluster, World

BY_HAND = {"nim-service": ("ngc-secret", "ngc-api-secret")}
"""What the READMEs tell people to create where `secrets.method` is manual."""
ANSWERS = """\
git_url: {url}
environment: fresh
region: us-east-1
zones: us-east-1a, us-east-1b
models:
  - nvidia/llama-3.1-nemotron-nano-8b-v1
  - nvidia/llama-3.2-nv-embedqa-1b-v2
pools: [g6]
efs_file_system_id: fs-0fedcba9876543210
secrets_method: external-secrets
"""


def _ours(name: str) -> Callable[[Path, str], None]:
    return lambda folder, url: copied(name, folder, url)


NAMES = ("dev", "staging", "prod", "fresh", sops.ENVIRONMENT)


@pytest.fixture(scope="module", params=NAMES)
def fleet(request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """An environment that has come up."""
    name: str = request.param
    vault = sops.Vault()
    make = {"fresh": lambda folder, url: fresh(folder, ANSWERS.format(url=url)), sops.ENVIRONMENT: vault.make}
    with flux(name, make.get(name, _ours(name)), BY_HAND if name == "dev" else {}) as found:
        if name == sops.ENVIRONMENT:
            vault.age.hand_over(found.server)
        bootstrap(found)
        yield found


@pytest.fixture
def cluster(fleet: Fleet) -> Cluster:
    """What nimfleet predicts of it."""
    return fleet.predicted()


def test_the_repository_is_valid_as_it_is_served(fleet: Fleet) -> None:
    done = nimfleet("validate", "--strict", str(fleet.folder), cwd=fleet.repository.folder, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_kustomization_is_ready_after_those_it_depends_on(fleet: Fleet, cluster: Cluster) -> None:
    assert cluster.world is World.COMPLETE
    applied = {key_of(unit.kustomization) for unit in cluster.units}
    there = fleet.recorder.all(KUSTOMIZATIONS, "Kustomization")
    assert {("flux-system", value["metadata"]["name"]) for value in there} == {key[2:] for key in applied}
    assert not list(dependencies(cluster.units, fleet.recorder))


def test_the_order_is_one_that_nimfleet_allows(fleet: Fleet, cluster: Cluster) -> None:
    predicted = bootstrap_of(cluster)
    assert not predicted.blocked
    assert not list(violations(cluster, predicted, fleet.recorder))


def test_the_objects_are_those_that_nimfleet_predicts(fleet: Fleet, cluster: Cluster) -> None:
    assert not list(differences(cluster, fleet.server))


def test_nothing_had_to_be_tried_twice(fleet: Fleet) -> None:
    log = (fleet.server.folder / "kustomize-controller.log").read_text("utf-8")
    errors = [line for line in log.splitlines() if '"level":"error"' in line]
    # When a health check is over, Flux hangs up on answers that are still under way.
    assert not [line for line in errors if not ("reading response body" in line and '"context canceled"' in line)]
    assert not fleet.double.errors
