"""Runs a control plane's processes and outlives whoever asked for it, only to clean up.

Usage: supervisor.py FOLDER. Each line of standard input is a JSON list of processes, ``{"command": [...], "variables":
{...}}``; each is started with FOLDER as its working directory, its output in FOLDER/<program>.log, and the
variables beside its environment. When standard input ends, because it was closed or because the process at its
other end died in whatever way, all of them are killed and FOLDER is removed. Should this process be killed
itself, the kernel kills what it started (on Linux).
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
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """See the module."""
    if sys.argv[1] == "--exec":
        _die_with_parent()
        os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - a program that was built for this
    folder = Path(sys.argv[1])
    children: list[subprocess.Popen[bytes]] = []
    try:
        for line in sys.stdin:
            children.extend(_start(one["command"], one["variables"], folder) for one in json.loads(line))
    finally:
        for child in children:
            child.kill()
        for child in children:
            child.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(command: list[str], variables: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, __file__, "--exec", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **variables},
        )


if __name__ == "__main__":
    main()
