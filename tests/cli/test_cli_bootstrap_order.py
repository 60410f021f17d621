"""`nimfleet bootstrap-order`, as a person or a program reads it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema

from nimfleet.cluster.flux.events import Why

PROJECT = Path(__file__).resolve().parents[2]
CASES = PROJECT / "tests" / "cases" / "flux"


def nimfleet(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = "from nimfleet.cli.main import main; main()"
    environment = {**os.environ, "PATH": f"{PROJECT / '.bin'}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-c", program, "bootstrap-order", *map(str, words)]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


def document(*words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(nimfleet(*words, "--format", "json").stdout)
    return found


def test_the_order_of_an_environment() -> None:
    result = nimfleet("clusters/dev")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("clusters/dev: ")
    assert lines[2] == "  1. GitRepository/flux-system/flux-system ready"
    assert any(line.endswith("nim-configs applied: after Kustomization nim-controllers (dependsOn)") for line in lines)


def test_a_deadlock_is_shown_with_its_circle_and_fails() -> None:
    case = CASES / "dependency-cycle" / "two-kustomizations"
    result = nimfleet(case, "--root", case)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-4:] == [
        "Deadlock: 2 objects never become ready.",
        "",
        "  flux.yaml:15:7: Kustomization/flux-system/a waits for Kustomization b (dependsOn)",
        "  flux.yaml:30:7: Kustomization/flux-system/b waits for Kustomization a (dependsOn)",
    ]


def test_the_document_holds_the_whole_partial_order() -> None:
    (cluster,) = document("clusters/dev")["clusters"]
    assert cluster["name"] == "clusters/dev"
    assert cluster["blocked"] == cluster["deadlocks"] == []
    assert [step["step"] for step in cluster["steps"]] == list(range(1, len(cluster["steps"]) + 1))
    done: set[tuple[str, ...]] = set()
    for step in cluster["steps"]:
        for event in step["events"]:
            for need in event["needs"]:
                assert any(tuple(other.values()) in done for other in need["anyOf"])
        done |= {tuple(value for key, value in event.items() if key != "needs") for event in step["events"]}


def test_the_document_says_what_is_blocked_and_why() -> None:
    case = CASES / "deadlock" / "substitutes-from-itself"
    (cluster,) = document(case, "--root", case)["clusters"]
    (deadlock,) = cluster["deadlocks"]
    assert {link["because"] for link in deadlock["circle"]} == {"parts", "config"}
    assert {event["name"] for event in cluster["blocked"]} == {"apps"}
    assert deadlock["holdsUp"] == 3


def test_every_document_fits_the_published_schema() -> None:
    schema = json.loads((PROJECT / "schemas" / "nimfleet" / "bootstrap-order-v1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert schema["$defs"]["why"]["enum"] == [str(why) for why in Why]
    case = CASES / "dependency-cycle" / "two-kustomizations"
    for words in (("clusters",), (case, "--root", case)):
        found = document(*words)
        validator.validate(found)
    del found["clusters"][0]["deadlocks"][0]["holdsUp"]
    assert not validator.is_valid(found)


def test_several_clusters_are_shown_one_by_one(tmp_path: Path) -> None:
    for name in ("dev", "prod"):
        shutil.copytree(PROJECT / "clusters" / name, tmp_path / "clusters" / name)
    found = document(tmp_path, "--root", tmp_path)
    assert [cluster["name"] for cluster in found["clusters"]] == ["clusters/dev", "clusters/prod"]


def test_without_flux_there_is_no_order(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    (tmp_path / "map.yaml").write_text(text, encoding="utf-8")
    result = nimfleet(tmp_path, "--root", tmp_path)
    assert result.returncode == 2
    assert "no Flux Kustomization" in result.stderr
