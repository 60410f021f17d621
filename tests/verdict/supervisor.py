"""Runs a control plane's processes and outlives whoever asked for it, only to clean up.

Usage: supervisor.py FOLDER. Each line of standard input is a JSON list of processes, ``{"command": [...], "variables":
{...}}``; each is started with FOLDER as its working directory, its output in FOLDER/<program>.log, and the
variables beside its environment. One that ends by itself leaves its exit code in FOLDER/<program>.ended. When
standard input ends, because it was closed or because the process at its other end died in whatever way, all of them
are killed and FOLDER is removed. Should this process be killed itself, the kernel kills what it started (on Linux).
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_REMOVE_SECONDS = 30


def remove(folder: Path) -> None:
    """Remove a folder in which somebody who is about to end may still write."""
    deadline = time.monotonic() + _REMOVE_SECONDS
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.05)


class _Children:
    """What was started in ``folder``. A thread waits for each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._ending = False

    def start(self, command: list[str], variables: dict[str, str]) -> None:
        name = Path(command[0]).name
        # From the main thread: a thread that ended would be the end of what it started, too.
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, __file__, "--exec", str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env={**os.environ, **variables},
            )
        self._processes.append(process)
        threading.Thread(target=self._watch, args=(process, name), daemon=True).start()

    def _watch(self, process: subprocess.Popen[bytes], name: str) -> None:
        code = process.wait()
        with self._lock:
            if not self._ending:
                written = self._folder / f"{name}.ending"
                written.write_text(str(code), encoding="utf-8")
                written.rename(written.with_suffix(".ended"))

    def end(self) -> None:
        with self._lock:
            self._ending = True
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()


def _replaced(parent: int, command: list[str]) -> None:
    """Become the program, which dies with ``parent``."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:  # or it was gone before the kernel knew
        os.execv(command[0], command)  # noqa: S606 - a program that was built for this


def main() -> None:
    """See the module."""
    if sys.argv[1] == "--exec":
        _replaced(int(sys.argv[2]), sys.argv[3:])
        return
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    folder = Path(sys.argv[1])
    children = _Children(folder)
    try:
        for line in sys.stdin:
            for one in json.loads(line):
                children.start(one["command"], one["variables"])
    finally:
        children.end()
        remove(folder)


if __name__ == "__main__":
    main()
