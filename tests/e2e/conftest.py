"""Real Flux on a real API server: only with `make e2e`, which builds what these tests run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# The control plane is that of the differential tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "verdict"))

from apiserver import binaries
from fleet import controllers
from karpenter import program

_APART = ("test_e2e_environments.py", "test_e2e_nodes.py")
"""Files in which each environment has a control plane of its own."""


class _ByControlPlane(LoadScopeScheduling):
    """One worker runs what shares a control plane: a file, or one environment of a file."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        return f"{file}[{test.partition('[')[2]}" if file.endswith(_APART) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Have ``--dist loadfile`` take environments apart."""
    return _ByControlPlane(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs programs that are not built, or was not asked for."""
    built = binaries() is not None and controllers() is not None and program() is not None
    if os.environ.get("NIMFLEET_E2E") == "1" and built:
        return
    here = Path(__file__).resolve().parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.skip(reason="needs NIMFLEET_E2E=1 and tools/e2e/build.sh flux: make e2e"))


@pytest.fixture(scope="session", autouse=True)
def _no_other_repository() -> Iterator[None]:
    """Git looks where it is told to, also where a hook of git runs these tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"):
            patch.delenv(name, raising=False)
        yield
