"""Shared by all tests: small intents to start from."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nimfleet.intent.load import LoadedEnvironment, parse_environment
from nimfleet.manifest.emit import dump

PROJECT = Path(__file__).resolve().parent.parent

SMALL: dict[str, Any] = {
    "version": 1,
    "name": "dev",
    "cluster": {"name": "demo", "region": "us-west-2", "zones": ["us-west-2a"], "kubernetesVersion": "1.34"},
    "git": {"url": "https://git.example.com/fleet", "branch": "main"},
    "storage": {"efs": {"fileSystemId": "fs-0123456789abcdef0"}},
    "pools": {"g5": {}},
    "models": {
        "llama": {
            "model": "meta/llama-3.1-8b-instruct",
            "tag": "1.3.3",
            "engine": "tensorrt_llm",
            "precision": "fp16",
            "tensorParallelism": 2,
        }
    },
}


@pytest.fixture
def small() -> dict[str, Any]:
    """A valid environment with one model, as plain data to change."""
    return copy.deepcopy(SMALL)


@pytest.fixture
def load() -> Callable[[dict[str, Any]], LoadedEnvironment]:
    """Load plain data as an environment.yaml."""

    def loader(value: dict[str, Any]) -> LoadedEnvironment:
        return parse_environment(dump(value), "clusters/dev/environment.yaml", "dev")

    return loader
