"""Choosing stages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nimfleet import validate
from nimfleet.engine import Status
from nimfleet.engine.selection import STAGES, left_out
from nimfleet.errors import UsageError

Write = Callable[[Mapping[str, str]], Path]
BAD = "apiVersion: v1\nkind: Namespace\nmetadata:\n    name: nim\nextra:   1\n"


def test_what_is_left_out() -> None:
    assert left_out(None, ()) == frozenset()
    assert left_out(None, ["style"]) == {"style"}
    assert left_out(["parse", "schema"], ["schema"]) == set(STAGES) - {"parse"}


def test_an_unknown_stage_is_bad_usage() -> None:
    with pytest.raises(UsageError, match=r"no stage `shema`\. Did you mean 'schema'\?"):
        left_out(["shema"], ())
    with pytest.raises(UsageError, match="no stage is left"):
        left_out(["style"], ["style"])


def test_stages_not_asked_for_are_skipped_and_no_failure(write: Write) -> None:
    root = write({"a.yaml": BAD})
    report = validate(root, only=["schema"], strict=True)
    assert {finding.rule for finding in report.findings} == {"schema/unknown-field"}
    assert [stage.name for stage in report.stages] == list(STAGES)
    assert {stage.name for stage in report.stages if stage.status is not Status.SKIPPED} == {"schema"}
    assert {stage.detail for stage in report.stages if stage.status is Status.SKIPPED} == {"not asked for"}
    clean = validate(root, skip=["schema", "style", "build", "second-opinion"], strict=True)
    assert clean.ok


def test_the_second_opinion_knows_what_is_good_without_the_schema_stage(write: Write) -> None:
    root = write({"a.yaml": BAD, "b.yaml": BAD.replace("extra:   1\n", "")})
    report = validate(root, only=["second-opinion"])
    assert report.findings == ()
    assert next(stage for stage in report.stages if stage.name == "second-opinion").checked == 1


def test_without_build_files_are_checked_as_they_stand(write: Write) -> None:
    root = write(
        {"kustomization.yaml": "resources: [a.yaml]\nnamePrefix: x-\n", "a.yaml": BAD.replace("extra:   1\n", "")}
    )
    assert "1 object checked" in next(s.detail for s in validate(root, skip=["build"]).stages if s.name == "schema")


def command(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = "from nimfleet.cli.main import main; main()"
    line = [sys.executable, "-c", program, "validate", *words, "--root", str(root), str(root)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_the_command_takes_names_of_stages(write: Write) -> None:
    root = write({"a.yaml": BAD})
    assert command(root, "--only", "parse", "--only=drift,build", "--strict").returncode == 0
    assert command(root, "--only", "parse,schema", "--skip", "schema").returncode == 0
    unknown = command(root, "--skip", "stile")
    assert unknown.returncode == 2
    assert "Did you mean 'style'?" in unknown.stderr


def test_the_command_keeps_results_unless_told_otherwise(write: Write) -> None:
    root = write({"a.yaml": BAD})
    first = command(root, "--no-cache")
    assert not (root / ".nimfleet-cache").exists()
    assert command(root).stdout == command(root).stdout == first.stdout
    assert (root / ".nimfleet-cache" / "results.json").is_file()
