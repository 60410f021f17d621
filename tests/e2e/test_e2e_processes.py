"""What these tests start listens on 127.0.0.1 only, can be there twice, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from fleet import CONTROLLERS, FLUX_NAMESPACE, SOURCES, Fleet, copied, flux

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
_HERE = Path(__file__).resolve().parent
_STARTS_AND_WAITS = """
import sys, time
sys.path[:0] = [{here!r}, {verdict!r}]
from fleet import copied, flux
with flux("dev", lambda folder, url: copied("dev", folder, url), {{}}) as fleet:
    fleet.repository.push("One")
    print(fleet.server.folder, flush=True)
    time.sleep(600)
"""
_LISTENS = "0A"
_LOOPBACK = {"0100007F"}
PROGRAMS = {"etcd", "kube-apiserver", "source-controller", "kustomize-controller", "helm-controller"}


def _working_in(folder: Path) -> dict[int, str]:
    """The processes whose working directory is ``folder``, with the names of their programs."""
    found: dict[int, str] = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (path / "cwd").readlink() == folder:
                found[int(path.name)] = (path / "exe").readlink().name
    return found


def _working(folder: Path) -> bool:
    """Whether each of Flux's controllers is, so that it listens wherever it does."""
    logs = [folder / f"{name}.log" for name in CONTROLLERS]
    return all(log.exists() and "Starting workers" in log.read_text("utf-8", "replace") for log in logs)


def _listening(pid: int) -> Iterator[str]:
    """Addresses on which a process listens, as the kernel writes them."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            match = re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink()))
            if match:
                inodes.add(match[1])
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENS and fields[9] in inodes:
                yield fields[1].partition(":")[0]


def test_all_listen_on_loopback_and_nothing_is_left_of_a_run_that_was_killed() -> None:
    script = _STARTS_AND_WAITS.format(here=str(_HERE), verdict=str(_HERE.parent / "verdict"))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert folder.is_dir()
    deadline = time.monotonic() + 60
    while not (_working(folder) and set(_working_in(folder).values()) >= PROGRAMS) and time.monotonic() < deadline:
        time.sleep(0.2)
    running = _working_in(folder)
    assert _working(folder)
    assert set(running.values()) >= PROGRAMS
    addresses = {pid: set(_listening(pid)) for pid in [*running, process.pid]}
    assert set().union(*addresses.values()) == _LOOPBACK
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 30
    while (folder.exists() or any(Path(f"/proc/{pid}").exists() for pid in running)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not folder.exists()
    assert not [name for pid, name in running.items() if Path(f"/proc/{pid}").exists()]


def _fetched(fleet: Fleet, commit: str) -> bool:
    value = fleet.get(SOURCES, "GitRepository", "own")
    return value is not None and commit in str(value.get("status", {}).get("artifact"))


def test_two_run_at_once() -> None:
    with contextlib.ExitStack() as stack:
        fleets = [
            stack.enter_context(flux("dev", lambda folder, url: copied("dev", folder, url), {})) for _ in range(2)
        ]
        commits = [fleet.repository.push(f"Number {number}") for number, fleet in enumerate(fleets)]
        for fleet in fleets:
            source = {
                "apiVersion": f"{SOURCES}/v1",
                "kind": "GitRepository",
                "metadata": {"name": "own"},
                "spec": {"interval": "1h", "url": fleet.web.git_url("fleet.git"), "ref": {"branch": "main"}},
            }
            path = f"/apis/{SOURCES}/v1/namespaces/{FLUX_NAMESPACE}/gitrepositories"
            assert fleet.server.post(path, source).status == 201
        assert commits[0] != commits[1]
        for fleet, commit in zip(fleets, commits, strict=True):
            fleet.wait(partial(_fetched, fleet, commit), 60, "each fetches its own repository")
    assert not any(fleet.server.folder.exists() for fleet in fleets)
