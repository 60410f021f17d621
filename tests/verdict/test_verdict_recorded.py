"""What a real kube-apiserver said about these documents is what nimfleet says (recorded by `make e2e-verdict`)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from mutate import MUTATIONS
from oracle import UPDATES, ours

FILES = sorted((Path(__file__).resolve().parent / "recorded").glob("*.jsonl"))


def _read(path: Path) -> tuple[str, list[dict[str, Any]]]:
    head, *lines = path.read_text("utf-8").splitlines()
    return json.loads(head)["server"], [json.loads(line) for line in lines]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nimfleet_says_what_the_server_said(path: Path) -> None:
    version, records = _read(path)
    minor = ".".join(version.removeprefix("v").split(".")[:2])
    wrong = []
    for record in records:
        verdict = ours(record["text"], minor, record.get("old"))
        if verdict.refused != record["refused"]:
            wrong.append((record["kind"], record["mutation"], record["text"], verdict.reasons))
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_record_covers_every_mutation_both_ways(path: Path) -> None:
    _, records = _read(path)
    refused = Counter(record["mutation"] for record in records if record["refused"])
    seen = {record["mutation"] for record in records}
    assert seen >= set(MUTATIONS) | {f"update/{name.replace('_', '-')}" for name in UPDATES}
    assert len(refused) > len(MUTATIONS)
    assert len(records) >= 500
    assert 0.3 < sum(record["refused"] for record in records) / len(records) < 0.9


def test_something_is_recorded() -> None:
    assert FILES
