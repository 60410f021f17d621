"""Real Flux on a real API server: only with `make e2e`, which builds what these tests run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

# The control plane is that of the differential tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "verdict"))

from apiserver import binaries
from fleet import controllers


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs programs that are not built, or was not asked for."""
    if os.environ.get("NIMFLEET_E2E") == "1" and binaries() is not None and controllers() is not None:
        return
    here = Path(__file__).resolve().parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.skip(reason="needs NIMFLEET_E2E=1 and tools/e2e/build.sh flux: make e2e"))
