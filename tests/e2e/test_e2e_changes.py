"""Changes do to a cluster what `nimfleet validate --base` says before they are pushed.

The tests share one cluster. Each says where it begins, and begins there wherever the one before has ended.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from fleet import KUSTOMIZATIONS, WAIT_SECONDS
from recorder import NIM, condition
from stage import Edit, Stage, cache_name, config_map, custom, development, replaced, storage_class

MODEL = "llama-3-1-8b-instruct"
KUSTOMIZATION = f"nim-model-{MODEL}"
LAST = "      storage: efs\n"
"""Of environment.yaml."""
EMBEDDING = """
  embedding:
    model: nvidia/llama-3.2-nv-embedqa-1b-v2
    pool: g5
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Environment dev, up and running."""
    with development() as found:
        yield found


def _embedding(stage: Stage) -> Edit:
    """One more model."""
    return replaced(stage.fleet, LAST, f"{LAST}{EMBEDDING}")


def _forced(stage: Stage) -> Edit:
    """A StorageClass that is made anew when it cannot be changed."""
    return custom(stage.fleet, "configs", storage_class("/forced", force="enabled"))


def test_a_model_is_added(stage: Stage) -> None:
    stage.begin()
    told = stage.foretell(_embedding(stage))
    assert not told.errors
    stage.settle(told, "Add embedding")
    assert stage.fleet.kustomization("nim-model-embedding")


def test_a_model_is_removed(stage: Stage) -> None:
    stage.begin(_embedding(stage))
    told = stage.foretell(replaced(stage.fleet, EMBEDDING, ""))
    assert {"transition/kustomization-removed", "transition/volume-left"} <= told.rules()
    stage.settle(told, "Remove embedding")
    assert stage.fleet.get(KUSTOMIZATIONS, "Kustomization", "nim-model-embedding") is None


def test_replicas_are_changed_in_place(stage: Stage) -> None:
    stage.begin()
    old = "    tensorParallelism: 2\n"
    told = stage.foretell(replaced(stage.fleet, old, f"{old}    replicas: 2\n"))
    assert not told.errors
    stage.settle(told, "Two replicas")
    service = stage.fleet.recorder.get((NIM, "NIMService", "nim-service", MODEL))
    assert service is not None
    assert service["spec"]["replicas"] == 2
    assert service["metadata"]["generation"] == told.was[NIM, "NIMService", "nim-service", MODEL][1] + 1


def test_what_is_not_pruned_is_kept(stage: Stage) -> None:
    stage.begin()
    fleet = stage.fleet
    notes = config_map("notes", "nim-service", prune="disabled")
    try:
        stage.settle(stage.foretell(custom(fleet, "configs", resources={"notes.yaml": notes})), "Add notes")
        told = stage.foretell(lambda: shutil.rmtree(fleet.folder / "custom" / "configs"))
        assert told.objects("transition/orphaned") == {"ConfigMap/nim-service/notes"}
        stage.settle(told, "Remove notes")
    finally:
        # As the message says: somebody deletes it by hand.
        deleted = fleet.server.request("DELETE", "/api/v1/namespaces/nim-service/configmaps/notes")
    assert deleted.status == 200


def test_what_is_forced_is_made_anew(stage: Stage) -> None:
    stage.begin()
    told = stage.foretell(_forced(stage))
    assert told.objects("transition/recreated") == {"StorageClass/efs-nim"}
    stage.settle(told, "Force another path")


def test_what_was_forced_before_is_made_anew_once_more(stage: Stage) -> None:
    # The annotation goes with this change, and Flux still finds it on the object in the cluster.
    stage.begin(_forced(stage))
    told = stage.foretell(lambda: shutil.rmtree(stage.fleet.folder / "custom" / "configs"))
    assert told.objects("transition/recreated") == {"StorageClass/efs-nim"}
    stage.settle(told, "Back to the first path")


def test_a_new_version_replaces_the_cache_and_flux_waits_for_it_through_failure(stage: Stage) -> None:
    stage.begin(_embedding(stage))
    fleet = stage.fleet
    told = stage.foretell(replaced(fleet, "tag: 1.3.3", "tag: 1.8.3"))
    assert "transition/cache-replaced" in told.rules()
    assert not told.errors
    old, new = cache_name(told.before, MODEL), cache_name(told.after, MODEL)
    fleet.double.failing.add(("NIMCache", new))
    try:
        commit = fleet.push("A new version")
        old_key, new_key = (NIM, "NIMCache", "nim-service", old), (NIM, "NIMCache", "nim-service", new)

        def failed() -> bool:
            value = fleet.recorder.get(new_key) or {}
            return bool(value.get("status", {}).get("state") == "Failed")

        fleet.wait(lambda: fleet.recorder.get(old_key) is None, WAIT_SECONDS, "the old cache is deleted")
        fleet.wait(failed, WAIT_SECONDS, "it fails")
        made, deleted = fleet.recorder.changes(new_key)[0], fleet.recorder.changes(old_key)[-1]
        assert made.version < deleted.version
        service = fleet.recorder.get((NIM, "NIMService", "nim-service", MODEL))
        assert service is not None
        assert service["spec"]["storage"]["nimCache"]["name"] == new
        # Flux goes on waiting, as rendered health checks know no failure, and others do not wait with it.
        fleet.wait(lambda: fleet.applied("nim-model-embedding", commit), WAIT_SECONDS, "the other model is ready")
        found = condition(fleet.kustomization(KUSTOMIZATION), "Ready")
        assert found["status"] == "Unknown", found
    finally:
        fleet.double.failing.clear()
    stage.see(told, commit)
