"""The control plane of the differential tests: real, alone, and gone afterwards. Only with `make e2e-verdict`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from apiserver import NAMESPACE, READY_SECONDS, binaries, running
from oracle import Case, crds, theirs

pytestmark = pytest.mark.skipif(
    os.environ.get("NIMFLEET_E2E") != "1" or binaries() is None, reason="needs NIMFLEET_E2E=1 and tools/e2e/build.sh"
)

_STARTS_AND_WAITS = """
import sys, time
sys.path.insert(0, {here!r})
from apiserver import running
with running() as server:
    print(server.folder, flush=True)
    time.sleep(600)
"""


def _traces(folder: Path) -> set[str]:
    """The folder of a control plane, and the command lines that name it: others may be running beside it."""
    found = {str(folder)} if folder.exists() else set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in text:
            found.add(text)
    return found


def _left(folder: Path) -> set[str]:
    deadline = time.monotonic() + READY_SECONDS
    while _traces(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return _traces(folder)


def test_every_stored_kind_is_accepted_as_a_crd_and_served() -> None:
    with running() as server:
        server.install(crds())
        for crd in crds():
            spec = crd["spec"]
            served = [version["name"] for version in spec["versions"] if version["served"]]
            for version in served:
                assert server.resource({"apiVersion": f"{spec['group']}/{version}", "kind": spec["names"]["kind"]})
        case = Case("v1 ConfigMap", "unchanged", '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}')
        assert not theirs(server, case).refused
        assert server.request("GET", f"/api/v1/namespaces/{NAMESPACE}/configmaps/a").status == 404  # it was a dry run
    assert not _left(server.folder)


def test_two_run_at_once() -> None:
    with running() as one, running() as other:
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "only-here"}}
        path = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
        assert one.post(path, made).status == 201
        assert other.request("GET", f"{path}/only-here").status == 404


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_is_left_of_a_run_that_was_killed() -> None:
    script = _STARTS_AND_WAITS.format(here=str(Path(__file__).resolve().parent))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert folder.is_dir()
    assert len(_traces(folder)) >= 3
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not _left(folder)
