"""What these tests start listens on 127.0.0.1 only, can be there twice, is missed when it dies, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from apiserver import PROJECT, EndedError, supervised
from fleet import CONTROLLERS, FLUX_NAMESPACE, SOURCES, WAIT_SECONDS, Fleet, copied, flux
from karpenter import judging

from nimfleet.engine.clusters import load_clusters

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
_TEST_THAT_WAITS = """
import sys, time
from pathlib import Path
sys.path.insert(0, {verdict!r})
from apiserver import running

def test_waits():
    with running() as server:
        Path({told!r}).with_suffix(".new").write_text(str(server.folder))
        Path({told!r}).with_suffix(".new").rename({told!r})
        time.sleep(600)
"""
# Who starts us in the background may have told us, and by that our children, to ignore Ctrl-C.
_PYTEST = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main(sys.argv[1:]))
"""
_VERDICT = str(_HERE.parent / "verdict")
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


def _until(test: Callable[[], bool]) -> bool:
    """Whether something came to hold."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not test():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _ended(pids: dict[int, str]) -> bool:
    return not [name for pid, name in pids.items() if Path(f"/proc/{pid}").exists()]


def _supervisor(folder: Path) -> int:
    """Who watches over ``folder``."""
    (found,) = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if _words(path)[-2:] == [str(_HERE.parent / "verdict" / "supervisor.py"), str(folder)]
    ]
    return found


def _words(path: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return path.read_text("utf-8", "replace").rstrip("\0").split("\0")
    return []


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
    script = _STARTS_AND_WAITS.format(here=str(_HERE), verdict=_VERDICT)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert folder.is_dir()
    assert _until(lambda: _working(folder) and set(_working_in(folder).values()) >= PROGRAMS)
    running = _working_in(folder)
    addresses = {pid: set(_listening(pid)) for pid in [*running, process.pid]}
    assert set().union(*addresses.values()) == _LOOPBACK
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert _until(lambda: not folder.exists() and _ended(running))


def test_karpenter_listens_nowhere() -> None:
    (cluster,) = load_clusters([PROJECT / "clusters" / "dev"], root=PROJECT)
    with judging(cluster) as judge:
        running = {name: pid for pid, name in _working_in(judge.server.folder).items()}
        assert not list(_listening(running["karpenter"]))
        assert set(_listening(running["kube-apiserver"])) == _LOOPBACK


@pytest.mark.parametrize(
    ("workers", "killed_before"), [(0, False), (2, False), (0, True)], ids=["", "two-workers", "without-supervisor"]
)
def test_nothing_is_left_after_control_c(tmp_path: Path, workers: int, killed_before: bool) -> None:
    told = tmp_path / "folder"
    file = tmp_path / "test_waits.py"
    file.write_text(_TEST_THAT_WAITS.format(verdict=_VERDICT, told=str(told)), encoding="utf-8")
    words = ["-p", "no:cacheprovider", "-n", str(workers), "--rootdir", ".", file.name]
    # A session of its own, so that the signal goes to all of its processes, as from a terminal, and to none of ours.
    process = subprocess.Popen(
        [sys.executable, "-c", _PYTEST, *words], cwd=tmp_path, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        assert _until(lambda: told.exists() or process.poll() is not None)
        folder = Path(told.read_text("utf-8"))
        running = _working_in(folder)
        assert set(running.values()) >= {"etcd", "kube-apiserver"}
        if killed_before:
            os.kill(_supervisor(folder), signal.SIGKILL)
            assert _until(lambda: _ended(running))
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(WAIT_SECONDS) == pytest.ExitCode.INTERRUPTED
        assert _until(lambda: not folder.exists() and _ended(running))
    finally:
        process.kill()


@pytest.mark.parametrize("name", ["kube-apiserver", "source-controller"])
def test_what_dies_is_missed_at_once(name: str) -> None:
    with flux("dev", lambda folder, url: copied("dev", folder, url), {}) as fleet:
        folder = fleet.server.folder
        (pid,) = [pid for pid, program in _working_in(folder).items() if program == name]
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(EndedError, match=f"{name} has ended"):
            fleet.wait(lambda: False, WAIT_SECONDS, "what never happens")
    assert not folder.exists()


def test_what_ends_by_itself_is_quoted() -> None:
    with supervised() as processes:
        processes.start(["/bin/sh", "-c", "echo its last words; exit 3"])
        with pytest.raises(EndedError, match=r"sh has ended \(3\), and said last:\nits last words"):
            while True:
                processes.check()
                time.sleep(0.05)


def test_a_port_is_nobody_elses_until_a_program_listens_on_it() -> None:
    with supervised() as processes:
        for port in processes.ports(20):
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))
            with socket.create_server(("127.0.0.1", port)) as program:  # with the options of Go's net.Listen
                assert program.getsockname()[1] == port


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
            fleet.wait(partial(_fetched, fleet, commit), WAIT_SECONDS, "each fetches its own repository")
    assert not any(fleet.server.folder.exists() for fleet in fleets)
