"""The same work on many items, on all cores.

Workers are forks of this process: they have the items already, and send back nothing but results. Where forking
is not safe (other threads run, or the system's libraries do not bear it) the work is done here, with the same
results in the same order.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import BinaryIO, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST = 8


def cores() -> int:
    """How many processes pay off here; 1 where forking is not safe."""
    if not hasattr(os, "fork") or sys.platform == "darwin" or threading.active_count() > 1:
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    available = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(available, _MOST))


def mapped(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    weights: Sequence[int] | None = None,
    *,
    enough: int,
    most: int | None = None,
) -> list[Result]:
    """``work`` of every item, in order. Results must be picklable; what ``work`` changes elsewhere may be lost.

    ``weights`` tell how much work an item is (by default 1 each); below ``enough`` in all, no process is started.
    Processes are started anew after ``most``, because each comes to own a copy of what it looks at. An
    exception of ``work`` is raised as if there were no processes.
    """
    sizes = [1] * len(items) if weights is None else list(weights)
    results: list[Result] = []
    start = weight = 0
    for end, size in enumerate(sizes, 1):
        weight += size
        if end == len(sizes) or (most is not None and weight >= most):
            results += _round(work, items[start:end], sizes[start:end], weight, enough)
            start, weight = end, 0
    return results


def _round(
    work: Callable[[Item], Result], items: Sequence[Item], sizes: Sequence[int], total: int, enough: int
) -> list[Result]:
    processes = min(cores(), len(items)) if total >= enough else 1
    if processes < 2:
        return [work(item) for item in items]
    shares = _shares(sizes, total, processes)
    # The collector would touch, and so copy, every page that a worker shares with this process.
    collecting = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        children = [_fork(work, items[start:end]) for start, end in shares[1:]]
        try:
            results = [work(item) for item in items[slice(*shares[0])]]
            for (start, end), (_, pipe) in zip(shares[1:], children, strict=True):
                theirs: list[Result] | None = _received(pipe, end - start)
                # A worker that failed or was killed: here the same error shows, or it works.
                results += [work(item) for item in items[start:end]] if theirs is None else theirs
        finally:
            for child, pipe in children:
                _end(child, pipe)
    finally:
        gc.unfreeze()
        if collecting:
            gc.enable()
    return results


def _shares(sizes: Sequence[int], total: int, processes: int) -> list[tuple[int, int]]:
    """Runs of neighbours of about the same weight."""
    ends: list[int] = []
    for index, reached in enumerate(accumulate(sizes), 1):
        while len(ends) < processes - 1 and reached * processes >= total * (len(ends) + 1):
            ends.append(index)
    return list(zip([0, *ends], [*ends, len(sizes)], strict=True))


def _fork(work: Callable[[Item], Result], items: Sequence[Item]) -> tuple[int, BinaryIO]:
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, os.fdopen(reader, "rb")
    # Nothing of the parent's may happen here: no handlers, no buffers flushed, no cleaning up.
    with suppress(BaseException):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump([work(item) for item in items], pipe, pickle.HIGHEST_PROTOCOL)
    os._exit(0)


def _received(pipe: BinaryIO, count: int) -> list[Result] | None:
    try:
        results = pickle.load(pipe)  # noqa: S301 - written by a fork of this process
    except (EOFError, pickle.UnpicklingError, OSError):
        return None
    return results if isinstance(results, list) and len(results) == count else None


def _end(child: int, pipe: BinaryIO) -> None:
    pipe.close()
    with suppress(OSError):
        os.kill(child, signal.SIGKILL)
    with suppress(OSError):
        os.waitpid(child, 0)
