"""Work on all cores: the same results in the same order, whatever becomes of a worker."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nimfleet import workers
from nimfleet.workers import mapped


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 3)


def test_results_keep_the_order_of_the_items() -> None:
    items = list(range(100))
    assert mapped(lambda item: item * item, items, enough=1) == [item * item for item in items]


@pytest.mark.parametrize("weights", [[100, 1, 1, 1], [1, 1, 1, 100], [0, 0, 0, 0], [1, 2, 3, 4]])
def test_every_item_is_worked_on_once(weights: list[int]) -> None:
    assert mapped(str, [1, 2, 3, 4], weights, enough=0) == ["1", "2", "3", "4"]


def test_other_processes_do_the_work_only_when_there_is_enough() -> None:
    here = os.getpid()
    assert len(set(mapped(lambda _: os.getpid(), range(9), enough=9))) == 3
    assert set(mapped(lambda _: os.getpid(), range(8), enough=9)) == {here}


def test_processes_are_started_anew_after_a_while() -> None:
    seen = mapped(lambda item: (item, os.getpid()), range(30), enough=1, most=10)
    assert [item for item, _ in seen] == list(range(30))
    assert len({process for _, process in seen}) == 1 + 3 * 2
    assert mapped(str, [], enough=0) == []


def test_an_exception_is_raised_as_without_processes() -> None:
    def work(item: int) -> int:
        if item == 8:
            raise ValueError("eight")
        return item

    with pytest.raises(ValueError, match="eight"):
        mapped(work, range(9), enough=1)


def test_a_worker_that_is_killed_is_made_up_for() -> None:
    here = os.getpid()

    def work(item: int) -> int:
        if item == 8 and os.getpid() != here:
            os._exit(9)
        return item

    assert mapped(work, range(9), enough=1) == list(range(9))


def test_results_that_no_pipe_holds_at_once_arrive() -> None:
    assert [len(text) for text in mapped(lambda item: "x" * 500_000, range(6), enough=1)] == [500_000] * 6


def test_no_process_is_left_behind() -> None:
    program = (
        "import os; from nimfleet import workers; workers.cores = lambda: 4\n"
        "print(workers.mapped(abs, [-1, -2, -3, -4], enough=1))\n"
        "try: os.waitpid(-1, os.WNOHANG)\n"
        "except ChildProcessError: print('none')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[1, 2, 3, 4]\nnone\n"
